// kubectl-hm is a kubectl plugin for HostMaintenance resources: kubectl hm drain compute-7.
// docs/kubectl-hm.md describes it, and docs/design/0005-kubectl-hm.md says why it is built so.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// release is set when the plugin is built.
var release = "0.0.0-unreleased"

// Exit codes, for pipelines.
const (
	exitError         = 1
	exitUsage         = 2
	exitNeedsPerson   = 3
	exitTimeout       = 4
	exitInstancesStay = 5
	exitInterrupted   = 130
)

// failure is an error with its exit code; without a sentence everything has been said.
type failure struct {
	code    int
	message string
}

func (f failure) Error() string { return f.message }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	_, _, terminal := terminalSize(os.Stdout)
	_, _, asks := terminalSize(os.Stdin)
	told, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	s := &plugin{
		ctx:      ctx,
		kubectl:  kubectl{errors: os.Stderr},
		in:       os.Stdin,
		out:      os.Stdout,
		now:      time.Now,
		size:     fileSize,
		columns:  told,
		terminal: terminal && os.Getenv("TERM") != "dumb",
		asks:     asks,
		colour:   terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
	os.Exit(run(s, os.Args))
}

// run does what the command line says and gives the exit code.
func run(s *plugin, line []string) int {
	arguments := line[1:]
	if name := filepath.Base(line[0]); strings.HasPrefix(name, "kubectl_complete-hm") {
		arguments = append([]string{"__complete"}, arguments...)
	}
	err := s.dispatch(arguments)
	var f failure
	switch {
	case err == nil:
		return 0
	case s.ctx.Err() != nil:
		return exitInterrupted
	case !errors.As(err, &f):
		f = failure{exitError, err.Error()}
	}
	if f.message != "" {
		fmt.Fprintln(s.kubectl.errors, "kubectl hm: "+clean(f.message))
	}
	if f.code == exitUsage {
		fmt.Fprintln(s.kubectl.errors, "See: kubectl hm --help")
	}
	return f.code
}

func (p *plugin) dispatch(arguments []string) error {
	name := "help"
	if len(arguments) > 0 {
		name, arguments = arguments[0], arguments[1:]
	}
	switch name {
	case "help", "--help", "-h":
		fmt.Fprint(p.out, help())
		return nil
	case "version", "--version":
		fmt.Fprintln(p.out, release)
		return nil
	case "completion":
		fmt.Fprint(p.out, completionScript)
		return nil
	case "__complete":
		p.complete(arguments)
		return nil
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		o, err := c.parse(arguments)
		if err != nil {
			return err
		}
		if o.help {
			fmt.Fprint(p.out, c.help())
			return nil
		}
		p.kubectl.flags = o.kubectl
		return c.run(p, o)
	}
	return usage("no command %q", name)
}

func help() string {
	var out strings.Builder
	out.WriteString("Put OpenStack compute hosts into maintenance mode, through HostMaintenance resources.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&out, "  kubectl hm %-15s %s\n", strings.TrimSpace(c.name+" "+c.arguments), c.about)
	}
	out.WriteString(`
  kubectl hm COMMAND --help shows the flags of a command.
  kubectl hm completion     prints the script that completes in bash, zsh and fish.

HOST is spec.host of a resource; a resource's name or hm/NAME also do. The flags of kubectl that choose a
cluster and a user, such as --context and --kubeconfig, are kubectl's own, as is KUBECONFIG. NO_COLOR: no colour.
COLUMNS: how wide a line may be where the output is no terminal.

Exit codes: 0 done, 1 error, 2 wrong command line, 3 a person has to see to it, 4 --timeout is over,
5 all is done but instances stay on the host as the spec says, 130 interrupted.
`)
	return out.String()
}

// What each flag means.
var flagHelp = map[string]string{
	"--reason=":  "TEXT      why the host is in maintenance; Nova shows it too",
	"--cold":     "          move running instances cold, which reboots them",
	"--target=":  "HOST      the host that takes every instance",
	"--plan":     "          only show what a drain would do; a later drain without it carries it out",
	"--wait":     "          show how far it is and wait for the end",
	"--timeout=": "DURATION  how long to wait at most, such as 4h (default: without an end)",
	"--cloud=":   "NAME      the cloud of the host, where the operator serves several",
	"--watch":    "          show every change until the resource is gone",
	"--yes":      "          do not ask",
}

func (c command) help() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n  kubectl hm %s [flags]\n\n", c.about, strings.TrimSpace(c.name+" "+c.arguments))
	for _, flag := range strings.Fields(c.flags) {
		fmt.Fprintf(&out, "  %-10s %s\n", strings.TrimSuffix(flag, "="), flagHelp[flag])
	}
	fmt.Fprintf(&out, "  %-10s %s\n", "-o", strings.ReplaceAll(c.outputs, " ", "|"))
	return out.String()
}
