package main

import (
	_ "embed"
	"regexp"
	"strings"
)

// Reason, Nova's status or *, and a command of docs/reference.md; a test of the project compares both.
//
//go:embed remedies.tsv
var remedyTable string

var uuid = regexp.MustCompile(`^[0-9a-fA-F-]{36}$`)
var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// remedies gives the commands that help against a reason, with the ids filled in. They come out of the table and
// never out of a message: a message may hold words of a tenant.
func remedies(m maintenance, reason string, row *instance) []string {
	fill := []string{
		"HOST", word(plainWord, m.Spec.Host, "HOST"),
		"NAME", word(plainWord, m.Metadata.Name, "NAME"),
	}
	status := ""
	if row != nil {
		fill = append(fill, "INSTANCE", word(uuid, row.ID, "INSTANCE"), "GROUP", group(row.Message))
		status = row.Status
	}
	var commands []string
	for line := range strings.Lines(remedyTable) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) == 3 && fields[0] == reason && (fields[1] == "*" || fields[1] == status) {
			commands = append(commands, strings.NewReplacer(fill...).Replace(fields[2]))
		}
	}
	return commands
}

var groupCommand = regexp.MustCompile(`\(openstack server group delete ([0-9a-fA-F-]{36})\)`)

// group gives the id of the server group that a message names. The name of the group, which a tenant chose, stands before
// the operator's own command, so the last one counts.
func group(message string) string {
	if found := groupCommand.FindAllStringSubmatch(message, -1); found != nil {
		return found[len(found)-1][1]
	}
	return "GROUP"
}

// shortened is a message without the commands that are shown under it.
func shortened(message string, commands []string) string {
	for _, command := range commands {
		message = strings.ReplaceAll(message, " ("+command+")", "")
	}
	return message
}

// word is the value if it can stand in a command as it is, else the word that the user has to replace.
func word(pattern *regexp.Regexp, value, otherwise string) string {
	if pattern.MatchString(value) {
		return value
	}
	return otherwise
}
