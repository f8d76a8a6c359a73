package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// kubectl asks a program of this name for completions (kubectl's plugin.SetupPluginCompletion); it talks cobra's protocol:
// a line for each completion, its description behind a tab, and last a directive.
const completionScript = `#!/usr/bin/env sh
# Save it as kubectl_complete-hm in a directory of PATH, and make it executable.
exec kubectl hm __complete "$@"
`

// Time that a completion may take.
const completionTime = 2 * time.Second

const noFiles = 4 // cobra's ShellCompDirectiveNoFileComp

// complete prints what could stand in place of the last argument.
func (p *plugin) complete(arguments []string) {
	for _, line := range p.completions(arguments) {
		fmt.Fprintln(p.out, line)
	}
	fmt.Fprintf(p.out, ":%d\n", noFiles)
}

func (p *plugin) completions(arguments []string) []string {
	if len(arguments) == 0 {
		arguments = []string{""}
	}
	before, word := arguments[:len(arguments)-1], arguments[len(arguments)-1]
	var all []string
	if len(before) == 0 {
		for _, c := range commands() {
			all = append(all, c.name+"\t"+c.about)
		}
		return beginning(all, word)
	}
	for _, c := range commands() {
		if c.name != before[0] {
			continue
		}
		last, behind := before[len(before)-1], before[1:]
		flags := strings.Fields(c.flags + " -o=")
		switch {
		case last == "-o" || last == "--output":
			all = strings.Fields(c.outputs)
		case slices.Contains(flags, last+"=") || slices.Contains(kubectlFlags, last):
			return nil
		case strings.HasPrefix(word, "-"):
			for _, flag := range flags {
				about := strings.TrimLeft(flagHelp[flag], " ")
				all = append(all, strings.TrimSuffix(flag, "=")+"\t"+about)
			}
		case c.host != "none":
			all = p.hosts(c, behind)
		}
	}
	return beginning(all, word)
}

// hosts gives the hosts of the cluster's resources, if the cluster answers soon. Flags of kubectl count.
func (p *plugin) hosts(c command, behind []string) []string {
	var flags []string
	for i, word := range behind {
		flag, _, inline := strings.Cut(word, "=")
		if !slices.Contains(kubectlFlags, flag) {
			continue
		}
		flags = append(flags, word)
		if !inline && i+1 < len(behind) {
			flags = append(flags, behind[i+1])
		}
	}
	ctx, stop := context.WithTimeout(p.ctx, completionTime)
	defer stop()
	all, err := kubectl{flags: flags, errors: discard{}}.all(ctx)
	if err != nil {
		return nil
	}
	var hosts []string
	for _, m := range all {
		phase, _ := phase(m)
		hosts = append(hosts, clean(m.Spec.Host)+"\t"+phase)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

type discard struct{}

func (discard) Write(bytes []byte) (int, error) { return len(bytes), nil }

func beginning(all []string, word string) []string {
	var fit []string
	for _, one := range all {
		if strings.HasPrefix(one, word) {
			fit = append(fit, one)
		}
	}
	return fit
}
