package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// options are a command line: what it asks for, and what it hands on to kubectl.
type options struct {
	host                               string
	reason, target, cloud, output      string
	cold, plan, wait, watch, yes, help bool
	timeout                            time.Duration
	kubectl                            []string
}

// command is one of the commands: its name, what it takes, and what it does.
type command struct {
	name, arguments, about string
	flags                  string // its flags, those with a value end with =
	outputs                string // what -o may say
	host                   string // required, optional or none
	run                    func(*plugin, options) error
}

// Other spellings of flags.
var shorts = map[string]string{"--output": "-o", "-w": "--watch", "-y": "--yes", "-h": "--help"}

// parse reads the arguments behind the name of the command. Flags may stand before and behind HOST.
func (c command) parse(arguments []string) (options, error) {
	var o options
	own := strings.Fields(c.flags)
	if c.outputs != "" {
		own = append(own, "-o=")
	}
	for i := 0; i < len(arguments); i++ {
		flag, value, inline := strings.Cut(arguments[i], "=")
		if !strings.HasPrefix(flag, "-") || flag == "-" {
			if o.host != "" || c.host == "none" || arguments[i] == "" {
				return o, usage("%s does not know the argument %q", c.name, arguments[i])
			}
			o.host = arguments[i]
			continue
		}
		if long, ok := shorts[flag]; ok {
			flag = long
		}
		if flag == "--help" {
			o.help = true
			return o, nil
		}
		ours, theirs := slices.Contains(own, flag+"="), slices.Contains(kubectlFlags, flag)
		switch {
		case ours || theirs:
			if !inline {
				if i++; i == len(arguments) {
					return o, usage("%s needs a value", flag)
				}
				value = arguments[i]
			}
			if theirs {
				o.kubectl = append(o.kubectl, flag+"="+value)
			} else if err := o.set(c, flag, value); err != nil {
				return o, err
			}
		case slices.Contains(kubectlSwitches, flag):
			o.kubectl = append(o.kubectl, arguments[i])
		case slices.Contains(own, flag) && !inline:
			*map[string]*bool{"--cold": &o.cold, "--plan": &o.plan, "--wait": &o.wait, "--watch": &o.watch,
				"--yes": &o.yes}[flag] = true
		default:
			return o, usage("%s does not know %s", c.name, arguments[i])
		}
	}
	switch {
	case c.host == "required" && o.host == "":
		return o, usage("%s needs a HOST", c.name)
	case o.timeout != 0 && !o.wait:
		return o, usage("--timeout needs --wait")
	case o.watch && o.host == "":
		return o, usage("--watch needs a HOST")
	case o.watch && o.output != "":
		return o, usage("--watch shows a screen: it does not go with -o")
	}
	return o, nil
}

func (o *options) set(c command, flag, value string) error {
	switch flag {
	case "--reason":
		o.reason = value
	case "--target":
		o.target = value
	case "--cloud":
		o.cloud = value
	case "-o":
		if !slices.Contains(strings.Fields(c.outputs), value) {
			return usage("-o of %s is one of: %s", c.name, strings.ReplaceAll(c.outputs, " ", ", "))
		}
		o.output = value
	case "--timeout":
		timeout, err := time.ParseDuration(value)
		if err != nil || timeout <= 0 {
			return usage("--timeout %q is no duration: write 90s, 45m or 4h", value)
		}
		o.timeout = timeout
	}
	return nil
}

func usage(format string, values ...any) failure {
	return failure{exitUsage, fmt.Sprintf(format, values...)}
}
