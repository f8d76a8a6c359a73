package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// plugin is one run of the plugin: the cluster, and where it reads and writes.
type plugin struct {
	ctx      context.Context
	kubectl  kubectl
	in       io.Reader
	out      io.Writer
	now      func() time.Time
	size     func() (columns, rows int)
	columns  int  // of an output that is no terminal; 0: as many as a line takes
	terminal bool // out is one
	asks     bool // in is one
	colour   bool
}

// the annotations of docs/reference.md
const (
	retryAnnotation        = "hostmaintenance.io/retry"
	skipGiveBackAnnotation = "hostmaintenance.io/skip-give-back"
)

func commands() []command {
	return []command{
		{"drain", "HOST", "Put a host into maintenance: disable it and move every instance off it.",
			"--reason= --cold --target= --plan --wait --timeout= --cloud=", "json yaml name", "required", (*plugin).drain},
		{"status", "[HOST]", "Show how far it is, with a line for each instance.",
			"--watch --cloud=", "json yaml name", "optional", (*plugin).status},
		{"why", "HOST", "Show what needs a person, and the commands that help.",
			"--cloud=", "json", "required", (*plugin).why},
		{"undrain", "HOST", "Give the host back: enable it, and end its maintenance.",
			"--wait --timeout= --cloud=", "name", "required", (*plugin).undrain},
		{"list", "", "Show every host in maintenance.", "", "json yaml name", "none", (*plugin).list},
		{"retry", "HOST", "Try failed instances again, and refused requests at once.",
			"--wait --timeout= --cloud=", "json yaml name", "required", (*plugin).retry},
		{"let-go", "HOST", "Forget a host as it is, without giving it back.",
			"--yes --cloud=", "name", "required", (*plugin).letGo},
	}
}

func (p *plugin) find(o options) (maintenance, error) {
	all, err := p.kubectl.all(p.ctx)
	if err != nil {
		return maintenance{}, err
	}
	return find(all, o.host, o.cloud)
}

// drain creates the resource of the host, or carries out its plan, or changes what the flags say.
func (p *plugin) drain(o options) error {
	all, err := p.kubectl.all(p.ctx)
	if err != nil {
		return err
	}
	spec := map[string]any{}
	if o.reason != "" {
		spec["reason"] = o.reason
	}
	if o.target != "" {
		spec["targetHost"] = o.target
	}
	if o.cold {
		spec["liveMigrate"] = false
	}
	current, err := taken(all, o)
	if err != nil {
		return err
	}
	verb := "unchanged"
	if current == nil {
		verb = "drain requested"
		spec["host"] = o.host
		if o.cloud != "" {
			spec["cloud"] = o.cloud
		}
		if o.plan {
			verb, spec["mode"] = "plan requested", "Plan"
		}
		created, err := p.kubectl.create(p.ctx, map[string]any{
			"apiVersion": "hostmaintenance.io/v1alpha1",
			"kind":       "HostMaintenance",
			"metadata":   map[string]any{"name": nameFor(o.host, o.cloud, all)},
			"spec":       spec,
		})
		if err != nil {
			return err
		}
		current = &created
	} else {
		if current.plan() && !o.plan {
			spec["mode"] = "Drain"
		}
		if len(spec) > 0 {
			verb = "changed"
			if spec["mode"] != nil {
				verb = "drain requested as planned"
			}
			changed, err := p.kubectl.patch(p.ctx, current.Metadata.Name, map[string]any{"spec": spec})
			if err != nil {
				return err
			}
			current = &changed
		}
	}
	if !o.wait {
		if err := p.tell(*current, o, verb); err != nil || o.output != "" {
			return err
		}
		fmt.Fprintln(p.out, "How far it is: kubectl hm status "+shown(*current)+" --watch")
		return nil
	}
	return p.await(*current, o, verb)
}

// await follows a drain or plan to its end.
func (p *plugin) await(m maintenance, o options, verb string) error {
	if o.output == "" {
		fmt.Fprintln(p.out, sentence(m, verb))
	}
	last, err := p.follow(m.Metadata.Name, m.Metadata.UID, o.timeout, o.output != "", func(v version) bool {
		return v.gone || v.resource.outcome() != pending || v.resource.deleted()
	})
	if err != nil {
		return err
	}
	return p.ended(last, o)
}

// taken gives the resource that names the host already; nil if there is none.
func taken(all []maintenance, o options) (*maintenance, error) {
	var found []maintenance
	for _, m := range named(all, o.host, o.cloud) {
		if strings.HasPrefix(o.host, "hm/") || strings.EqualFold(m.Spec.Host, o.host) {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		if strings.HasPrefix(o.host, "hm/") {
			_, err := find(nil, o.host, o.cloud)
			return nil, err
		}
		return nil, nil
	}
	one, err := find(found, o.host, o.cloud)
	switch {
	case err != nil:
		return nil, err
	case one.deleted():
		return nil, failure{exitError, fmt.Sprintf(
			"%s is being given back: wait for it (kubectl hm undrain %s --wait), and drain it then", title(one), o.host)}
	case o.plan && !one.plan():
		return nil, failure{exitError, title(one) + " drains already, and cannot go back to a plan"}
	case one.Spec.Cloud != "" && o.cloud == "" && !strings.HasPrefix(o.host, "hm/"):
		return nil, failure{exitError, fmt.Sprintf(
			"%s is the host of cloud %s: say by --cloud which cloud you mean", title(one), clean(one.Spec.Cloud))}
	}
	return &one, nil
}

// ended says how a wait for a drain or plan ended, and makes the exit code of it.
func (p *plugin) ended(last version, o options) error {
	m := last.resource
	if last.gone || m.deleted() {
		return failure{exitError, title(m) + " was deleted meanwhile"}
	}
	if o.output != "" {
		if err := p.print([]maintenance{m}, o.output, false); err != nil {
			return err
		}
	}
	message := clean(m.verdict().Message)
	switch m.outcome() {
	case needsPerson:
		return failure{exitNeedsPerson, fmt.Sprintf("%s: %s See: kubectl hm why %s", clean(m.Spec.Host), message, shown(m))}
	case doneButStay:
		return failure{exitInstancesStay, clean(m.Spec.Host) + ": " + message}
	}
	if o.output == "" && !p.terminal {
		fmt.Fprintln(p.out, clean(m.Spec.Host)+": "+message)
	}
	return nil
}

// shown is how a command names the resource: by its host.
func shown(m maintenance) string { return word(plainWord, m.Spec.Host, "HOST") }

// title names the host and the resource.
func title(m maintenance) string {
	return fmt.Sprintf("%s (hm/%s)", clean(m.Spec.Host), clean(m.Metadata.Name))
}

func sentence(m maintenance, verb string) string { return title(m) + ": " + verb }

// tell prints what a command did, or the resource as -o says.
func (p *plugin) tell(m maintenance, o options, verb string) error {
	if o.output != "" {
		return p.print([]maintenance{m}, o.output, false)
	}
	fmt.Fprintln(p.out, sentence(m, verb))
	return nil
}

// print writes resources as kubectl would.
func (p *plugin) print(all []maintenance, output string, list bool) error {
	switch output {
	case "name":
		for _, m := range all {
			fmt.Fprintln(p.out, m.fullName())
		}
	case "yaml":
		arguments := []string{"get", resource, "-o", "yaml"}
		if !list {
			arguments = append(arguments, all[0].Metadata.Name)
		}
		text, err := p.kubectl.run(p.ctx, nil, arguments...)
		if err != nil {
			return err
		}
		fmt.Fprint(p.out, cleanLines(string(text)))
	case "json":
		if !list {
			return p.json(all[0].raw)
		}
		items := make([]json.RawMessage, len(all))
		for i, m := range all {
			items[i] = m.raw
		}
		text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
		if err != nil {
			return err
		}
		return p.json(text)
	}
	return nil
}

func (p *plugin) json(text []byte) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "    "); err != nil {
		return err
	}
	fmt.Fprintln(p.out, escaped(indented.Bytes()))
	return nil
}

// status shows the results page of a host, or the list without one.
func (p *plugin) status(o options) error {
	if o.host == "" {
		return p.list(o)
	}
	m, err := p.find(o)
	switch {
	case err != nil:
		return err
	case o.output != "":
		return p.print([]maintenance{m}, o.output, false)
	case o.watch:
		last, err := p.follow(m.Metadata.Name, m.Metadata.UID, 0, false, func(v version) bool { return v.gone })
		if err == nil && last.gone {
			fmt.Fprintln(p.out, sentence(m, "given back, the resource is gone"))
		}
		return err
	}
	page := p.screen()
	page.rows = 0
	fmt.Fprintln(p.out, strings.Join(page.status(m, p.now()), "\n"))
	return nil
}

func (p *plugin) list(o options) error {
	all, err := p.kubectl.all(p.ctx)
	switch {
	case err != nil:
		return err
	case o.output != "":
		return p.print(all, o.output, true)
	case len(all) == 0:
		fmt.Fprintln(p.out, "No host is in maintenance.")
		return nil
	}
	fmt.Fprintln(p.out, strings.Join(p.screen().list(all, p.now()), "\n"))
	return nil
}

// blocker is one thing that a person has to see to.
type blocker struct {
	Instance string   `json:"instance,omitempty"`
	Name     string   `json:"name,omitempty"`
	State    string   `json:"state"`
	Reason   string   `json:"reason"`
	Message  string   `json:"message"`
	Commands []string `json:"commands"`
}

// blockers gives what needs a person: the host's own reason, if it is not its instances, and each instance.
func blockers(m maintenance) []blocker {
	var all []blocker
	verdict, phase := m.verdict(), m.Status.Phase
	if outcome := m.outcome(); outcome == needsPerson && verdict.Reason != "InstancesBlocked" && verdict.Reason != "NeedsAction" ||
		verdict.Reason == "Suspended" || verdict.Reason == "WaitingForCompute" {
		all = append(all, blocker{"", "", phase, verdict.Reason, verdict.Message, remedies(m, verdict.Reason, nil)})
	}
	for _, i := range m.Status.Instances {
		if i.needsHelp() {
			commands := remedies(m, i.Reason, &i)
			if i.State == "Failed" && !m.deleted() {
				commands = append(commands, "kubectl hm retry "+shown(m))
			}
			all = append(all, blocker{i.ID, i.Name, i.State, i.Reason, i.Message, commands})
		}
	}
	return all
}

// why gives a line for each blocker, and under it the commands that help. It ends with 3 if there is one.
func (p *plugin) why(o options) error {
	m, err := p.find(o)
	if err != nil {
		return err
	}
	found := blockers(m)
	if o.output != "" {
		if found == nil {
			found = []blocker{}
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(found); err != nil {
			return err
		}
		if err := p.json(text.Bytes()); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(p.out, strings.Join(screen{colour: p.colour}.why(m, found), "\n"))
	}
	if len(found) > 0 {
		return failure{code: exitNeedsPerson}
	}
	return nil
}

// why is never cut: its commands are there to be copied.
func (s screen) why(m maintenance, found []blocker) []string {
	phase, colour := phase(m)
	head := clean(m.Spec.Host) + "  " + s.paint(colour, phase)
	if len(found) == 0 {
		message := clean(m.verdict().Message)
		if message == "" {
			message = "The operator has not written a status yet. Does it run?"
		}
		return []string{head, "Nothing needs a person. " + message}
	}
	rows := s.table([]column{
		{"WHAT", 0, func(r int) cell { return cell{text: found[r].label()} }},
		{"STATE", 0, func(r int) cell { return cell{clean(found[r].State), red} }},
		{"REASON", 0, func(r int) cell { return cell{text: clean(found[r].Reason)} }},
		{"MESSAGE", 0, func(r int) cell { return cell{text: clean(shortened(found[r].Message, found[r].Commands))} }},
	}, len(found))
	page := []string{head, "", rows[0]}
	for r, row := range rows[1:] {
		page = append(page, row)
		for _, command := range found[r].Commands {
			page = append(page, "  $ "+command)
		}
	}
	return page
}

func (b blocker) label() string {
	switch {
	case b.Instance == "":
		return "the host"
	case b.Name == "":
		return clean(b.Instance)
	}
	return clean(b.Name)
}

// undrain deletes the resource: the operator gives the host back.
func (p *plugin) undrain(o options) error {
	m, err := p.find(o)
	if err != nil {
		return err
	}
	verb := "give-back requested"
	if m.plan() {
		verb = "plan deleted"
	}
	if !m.deleted() {
		if err := p.kubectl.delete(p.ctx, m.Metadata.Name); err != nil {
			return err
		}
	}
	if err := p.tell(m, o, verb); err != nil || !o.wait {
		return err
	}
	_, err = p.follow(m.Metadata.Name, m.Metadata.UID, o.timeout, o.output != "", func(v version) bool { return v.gone })
	if err == nil && o.output == "" {
		fmt.Fprintln(p.out, sentence(m, "given back"))
	}
	return err
}

// retry has the operator look at the host again at once; status.retry says when it has.
func (p *plugin) retry(o options) error {
	m, err := p.find(o)
	if err != nil {
		return err
	}
	if err := p.kubectl.annotate(p.ctx, m.Metadata.Name, retryAnnotation, fmt.Sprint(p.now().Unix())); err != nil {
		return err
	}
	verb := fmt.Sprintf("retry requested, failed instances: %d", number(m.Status.Failed))
	if o.wait {
		return p.await(m, o, verb)
	}
	return p.tell(m, o, verb)
}

// answer is the line that the user types; nothing if the user interrupts instead.
func (p *plugin) answer() string {
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(p.in).ReadString('\n')
		typed <- line
	}()
	select {
	case line := <-typed:
		return strings.TrimSpace(line)
	case <-p.ctx.Done():
		return ""
	}
}

// letGo has the operator forget the host: an annotation that ends the give-back, and the delete.
func (p *plugin) letGo(o options) error {
	m, err := p.find(o)
	if err != nil {
		return err
	}
	if !o.yes {
		if !p.asks {
			return usage("let-go asks before it forgets %s: add --yes", clean(o.host))
		}
		fmt.Fprintf(p.out, "%s: the operator forgets the host as it is now. nova-compute usually stays disabled, running moves\n"+
			"are not followed, and nothing that the operator stopped is started. Let it go? [y/N] ", title(m))
		if answer := strings.ToLower(p.answer()); answer != "y" && answer != "yes" {
			return failure{exitError, "nothing was done"}
		}
	}
	if err := p.kubectl.annotate(p.ctx, m.Metadata.Name, skipGiveBackAnnotation, "true"); err != nil {
		return err
	}
	if !m.deleted() {
		if err := p.kubectl.delete(p.ctx, m.Metadata.Name); err != nil {
			return err
		}
	}
	if err := p.tell(m, o, "let go"); err != nil || o.output != "" || m.plan() {
		return err
	}
	fmt.Fprintf(p.out, "To put the host back to work: openstack compute service set --enable %s nova-compute\n", shown(m))
	return nil
}
