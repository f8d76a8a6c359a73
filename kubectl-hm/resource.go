package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// maintenance is a HostMaintenance, as far as the plugin shows it; docs/reference.md describes the fields.
type maintenance struct {
	Metadata struct {
		Name, UID         string
		Generation        int64
		CreationTimestamp time.Time
		DeletionTimestamp *time.Time
		Annotations       map[string]string
	}
	Spec struct {
		Host, Cloud, Mode, Reason, TargetHost string
	}
	Status struct {
		ObservedGeneration                           int64
		Phase, Progress, Retry                       string
		Cloud                                        struct{ Name string }
		Conditions                                   []condition
		Total, Moved, Failed, Blocked, Skipped, Gone *int
		Remaining                                    *int
		StartTime                                    *time.Time
		Plan                                         *struct{ Capacity string }
		Instances                                    []instance
	}
	raw json.RawMessage
}

// condition is one of Ready, Drained, ServiceDisabled, Planned, Reconciling and Stalled.
type condition struct {
	Type, Status, Reason, Message string
}

// instance is a row of the status.
type instance struct {
	ID, Name, Status, Action, Step, State, DestinationHost, Reason, Message string
	Attempts, ProgressPercent                                               *int
	StartTime, RequestTime, NextAttemptTime                                 *time.Time
	Plan                                                                    *instancePlan
}

// instancePlan is what a drain would do with an instance.
type instancePlan struct {
	Steps, CandidateHosts []string
	CandidateCount        *int
}

// parse reads a HostMaintenance that kubectl printed as JSON.
func parse(text []byte) (maintenance, error) {
	one := maintenance{raw: text}
	if err := json.Unmarshal(text, &one); err != nil {
		return one, fmt.Errorf("kubectl's JSON of a HostMaintenance: %w", err)
	}
	return one, nil
}

func (m maintenance) plan() bool    { return m.Spec.Mode == "Plan" }
func (m maintenance) deleted() bool { return m.Metadata.DeletionTimestamp != nil }
func (m maintenance) fullName() string {
	return "hostmaintenance.hostmaintenance.io/" + m.Metadata.Name
}

// cloud is the cloud that the resource names, or else the one that the operator took the host in.
func (m maintenance) cloud() string {
	if m.Spec.Cloud != "" {
		return m.Spec.Cloud
	}
	return m.Status.Cloud.Name
}

// condition gives the condition of this type; an empty one if there is none.
func (m maintenance) condition(kind string) condition {
	for _, c := range m.Status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

// verdict is the condition that says where the resource stands: Planned with mode Plan, else Ready.
func (m maintenance) verdict() condition {
	if c := m.condition("Planned"); c.Type != "" && m.plan() {
		return c
	}
	return m.condition("Ready")
}

// outcome is how a wait for a drain or plan ends.
type outcome int

const (
	pending     outcome = iota // it goes on by itself
	done                       // the host is verified empty, or the plan is feasible
	doneButStay                // all is done, and the spec leaves instances on the host
	needsPerson                // Blocked, Failed, or a plan that is not feasible
)

// outcome tells whether the status is an end, if it describes the present spec and the last retry.
func (m maintenance) outcome() outcome {
	if m.Status.ObservedGeneration != m.Metadata.Generation || m.deleted() {
		return pending
	}
	verdict := m.verdict()
	switch {
	case m.plan() && verdict.Type == "Planned" && verdict.Status == "True":
		return done
	case m.plan() && verdict.Type == "Planned" && verdict.Status == "False":
		return needsPerson
	case m.plan():
		return pending
	case m.condition("Drained").Status == "True" && verdict.Status == "True":
		return done
	case verdict.Status == "True":
		return doneButStay
	case verdict.Reason == "InstancesBlocked" && m.retryUnseen():
		return pending
	case m.Status.Phase == "Blocked", m.Status.Phase == "Failed":
		return needsPerson
	}
	return pending
}

// retryUnseen tells whether the operator has yet to act on the last retry.
func (m maintenance) retryUnseen() bool {
	wanted := m.Metadata.Annotations[retryAnnotation]
	return wanted != "" && wanted != m.Status.Retry
}

// needsHelp tells whether an instance waits for a person.
func (i instance) needsHelp() bool { return i.State == "Blocked" || i.State == "Failed" }

// finished tells whether nothing more happens to the instance.
func (i instance) finished() bool {
	return i.State == "Moved" || i.State == "Gone" || i.State == "Skipped"
}

// label is the name of the instance, or its id where it has none.
func (i instance) label() string {
	if i.Name != "" {
		return clean(i.Name)
	}
	return clean(i.ID)
}

// named gives the resources that HOST means: those with this spec.host, else the one with this name.
// hm/NAME means the name alone. With a cloud only those of that cloud count.
func named(all []maintenance, host, cloud string) []maintenance {
	same := func(equal func(maintenance) bool) []maintenance {
		var found []maintenance
		for _, m := range all {
			if equal(m) && (cloud == "" || m.cloud() == cloud) {
				found = append(found, m)
			}
		}
		return found
	}
	if name, ok := strings.CutPrefix(host, "hm/"); ok {
		return same(func(m maintenance) bool { return m.Metadata.Name == name })
	}
	for _, equal := range []func(maintenance) bool{
		func(m maintenance) bool { return m.Spec.Host == host },
		func(m maintenance) bool { return strings.EqualFold(m.Spec.Host, host) },
		func(m maintenance) bool { return m.Metadata.Name == host },
	} {
		if found := same(equal); len(found) > 0 {
			return found
		}
	}
	return nil
}

// find gives the one resource that HOST means. A plan may stand beside a drain of its host: then it is the drain.
func find(all []maintenance, host, cloud string) (maintenance, error) {
	found := named(all, host, cloud)
	if len(found) > 1 {
		var drains []maintenance
		for _, m := range found {
			if !m.plan() {
				drains = append(drains, m)
			}
		}
		if len(drains) == 1 {
			found = drains
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		in := ""
		if cloud != "" {
			in = " in cloud " + cloud
		}
		return maintenance{}, failure{exitError, fmt.Sprintf("no HostMaintenance names host %s%s", host, in)}
	}
	var each []string
	for _, m := range found {
		where := "hm/" + m.Metadata.Name
		if m.cloud() != "" {
			where += " (cloud " + m.cloud() + ")"
		}
		each = append(each, where)
	}
	return maintenance{}, failure{exitError, fmt.Sprintf(
		"%d HostMaintenances name host %s: %s. Name one as hm/NAME, or add --cloud",
		len(found), host, strings.Join(each, ", "))}
}

// A name has at most 100 characters and no word "reserved" (docs/reference.md, Spec).
const longestName = 100

var (
	notOfName  = regexp.MustCompile(`[^a-z0-9.]+`)
	edgesOfDot = regexp.MustCompile(`-*\.[.-]*`)
)

// nameFor makes the name of a new resource from its host, by RFC 1123: compute-7 stays as it is, Rack_1.Example becomes
// rack-1.example. If another resource has that name, the cloud is added, or else a hash of both.
func nameFor(host, cloud string, all []maintenance) string {
	taken := map[string]bool{}
	for _, m := range all {
		taken[m.Metadata.Name] = true
	}
	plain := rfc1123(host)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(cloud+"/"+host)))[:8]
	candidates := []string{plain}
	if cloud != "" {
		candidates = append(candidates, plain+"-"+rfc1123(cloud))
	}
	for _, name := range candidates {
		if name != "" && len(name) <= longestName && !strings.Contains(name, "reserved") && !taken[name] {
			return name
		}
	}
	stem := strings.ReplaceAll(plain, "reserved", "")
	stem = rfc1123(stem[:min(len(stem), longestName-len(sum)-1)])
	return strings.TrimPrefix(stem+"-"+sum, "-")
}

func rfc1123(text string) string {
	text = notOfName.ReplaceAllString(strings.ToLower(text), "-")
	return strings.Trim(edgesOfDot.ReplaceAllString(text, "."), "-.")
}
