package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// version is a resource as it was at some moment; gone means that it is deleted.
type version struct {
	resource maintenance
	gone     bool
	err      error
}

// pauseBetweenWatches is how long the plugin waits before it asks a cluster again that ended a watch.
const pauseBetweenWatches = time.Second

// versions gives each version of the resource from now on, until it is gone. The API server ends every watch after a
// while, so the plugin begins it again. Only if nothing was ever seen, an error of kubectl is an end.
func (k kubectl) versions(ctx context.Context, name, uid string) <-chan version {
	out := make(chan version)
	send := func(v version) bool {
		select {
		case out <- v:
			return !v.gone && v.err == nil
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		for seen := false; ; {
			for v := range k.watch(ctx, name) {
				v.gone = v.gone || v.resource.Metadata.UID != uid
				if seen = true; !send(v) {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
			text, err := k.run(ctx, nil, "get", resource, name, "-o", "json", "--ignore-not-found")
			switch {
			case err != nil && !seen:
				send(version{err: err})
				return
			case err == nil && len(text) == 0:
				send(version{gone: true})
				return
			}
			select {
			case <-time.After(pauseBetweenWatches):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// watch gives the events of one kubectl get --watch.
func (k kubectl) watch(ctx context.Context, name string) func(func(version) bool) {
	return func(yield func(version) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		command := k.command(ctx, "get", resource, name, "--watch", "--output-watch-events", "-o", "json")
		command.Stdin, command.Stderr = nil, io.Discard // the get that follows it says what is wrong
		pipe, err := command.StdoutPipe()
		if err != nil || command.Start() != nil {
			return
		}
		defer command.Wait()
		defer stop()
		for events := json.NewDecoder(pipe); ; {
			var event struct {
				Type   string
				Object json.RawMessage
			}
			if events.Decode(&event) != nil {
				return
			}
			one, err := parse(event.Object)
			if err != nil || event.Type == "ERROR" || event.Type == "BOOKMARK" {
				continue
			}
			if !yield(version{resource: one, gone: event.Type == "DELETED"}) {
				return
			}
		}
	}
}

// follow shows the resource until the end that is asked for: on a terminal as a table that is drawn in its place,
// elsewhere as a line for each change. It gives the last version.
func (p *plugin) follow(name, uid string, timeout time.Duration, quiet bool, end func(version) bool) (version, error) {
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	over := make(<-chan time.Time)
	if timeout > 0 {
		over = time.After(timeout)
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	show := p.display(quiet)
	versions := p.kubectl.versions(ctx, name, uid)
	var last version
	for {
		select {
		case v, ok := <-versions:
			if !ok {
				return last, p.ctx.Err()
			}
			if v.err != nil {
				return last, v.err
			}
			if v.gone {
				v.resource = last.resource
			}
			if last = v; !v.gone {
				show.draw(last.resource)
			}
			if end(last) {
				show.close(last)
				return last, nil
			}
		case <-second.C:
			show.tick()
		case <-over:
			show.close(last)
			return last, failure{exitTimeout, fmt.Sprintf("%s: not finished after %s: %s", name, timeout,
				clean(last.resource.verdict().Message))}
		case <-p.ctx.Done():
			return last, p.ctx.Err()
		}
	}
}

// display is where follow shows the versions.
type display interface {
	draw(maintenance)
	tick()
	close(version)
}

func (p *plugin) display(quiet bool) display {
	switch {
	case quiet:
		return nothing{}
	case p.terminal:
		return &inPlace{plugin: p}
	}
	return &lines{out: p.out, now: p.now, seen: map[string]string{}}
}

type nothing struct{}

func (nothing) draw(maintenance) {}
func (nothing) tick()            {}
func (nothing) close(version)    {}

// inPlace draws the results page anew over itself.
type inPlace struct {
	plugin   *plugin
	resource maintenance
	height   int
	drawn    bool
}

func (d *inPlace) draw(m maintenance) {
	d.resource, d.drawn = m, true
	d.paint(d.plugin.screen().status(m, d.plugin.now()))
}

func (d *inPlace) tick() {
	if d.drawn {
		d.draw(d.resource)
	}
}

// close leaves the whole page, with every instance.
func (d *inPlace) close(last version) {
	if d.drawn && !last.gone {
		whole := d.plugin.screen()
		whole.rows = 0
		d.paint(whole.status(d.resource, d.plugin.now()))
	}
}

func (d *inPlace) paint(page []string) {
	erase := ""
	if d.height > 0 {
		erase = fmt.Sprintf("\033[%dA", d.height)
	}
	d.height = len(page)
	fmt.Fprint(d.plugin.out, erase+"\r\033[J"+strings.Join(page, "\n")+"\n")
}

// lines writes a line for each change of the phase, the message, or the state of an instance.
type lines struct {
	out  io.Writer
	now  func() time.Time
	seen map[string]string
}

func (d *lines) draw(m maintenance) {
	phase, _ := phase(m)
	verdict := m.verdict()
	d.change("", phase+verdict.Reason+counts(m), join(clean(m.Spec.Host), phase, counts(m), clean(verdict.Message)))
	for _, i := range m.Status.Instances {
		d.change(i.ID, i.State+i.Reason, join("  "+i.label(), state(i).text, action(i), clean(i.Message)))
	}
}

func (d *lines) change(key, value, line string) {
	if d.seen[key] != value {
		d.seen[key] = value
		fmt.Fprintln(d.out, d.now().Format(time.TimeOnly)+"  "+line)
	}
}

func (d *lines) tick()         {}
func (d *lines) close(version) {}

func join(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "  ")
}

// screen is the terminal as it is now: it may change its size at any time.
func (p *plugin) screen() screen {
	page := screen{columns: p.columns, colour: p.colour}
	if p.terminal {
		page.columns, page.rows = p.size()
	}
	return page
}

// fileSize is the size of the terminal behind standard output; 80 x 24 if it does not tell.
func fileSize() (int, int) {
	columns, rows, _ := terminalSize(os.Stdout)
	if columns == 0 {
		columns, rows = 80, 24
	}
	return columns, rows
}
