package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// screen is how a terminal, a file or a pipe is written to.
type screen struct {
	columns int // 0: as many as a line takes
	rows    int // 0: as many as there are
	colour  bool
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// paint colours a text that is padded already; without colour it is as it was.
func (s screen) paint(colour, text string) string {
	if !s.colour || colour == "" || strings.TrimSpace(text) == "" {
		return text
	}
	return "\033[" + colour + "m" + text + "\033[0m"
}

// cell is what stands in a column of a table.
type cell struct{ text, colour string }

// column of a table; one with a low rank goes first when the terminal is narrow, the last one is cut.
type column struct {
	title string
	rank  int
	value func(int) cell
}

const gap = 2

// table gives the lines of a table of so many rows. It leaves out empty columns, and others until each line fits.
// The last column takes what is left, and needs at least 16 columns if anything else can go.
func (s screen) table(columns []column, rows int) []string {
	columns = slices.DeleteFunc(columns, func(c column) bool {
		for row := range rows {
			if c.value(row).text != "" {
				return false
			}
		}
		return true
	})
	widths := func(columns []column) ([]int, int) {
		all, sum := make([]int, len(columns)), 0
		for i, c := range columns {
			all[i] = width(c.title)
			for row := range rows {
				all[i] = max(all[i], width(c.value(row).text))
			}
			if i < len(columns)-1 {
				sum += all[i] + gap
			}
		}
		return all, sum
	}
	all, before := widths(columns)
	for last := len(columns) - 1; s.columns > 0 && before+min(all[last], 16) > s.columns && last > 1; last = len(columns) - 1 {
		weakest := 0
		for i, c := range columns {
			if c.rank < columns[weakest].rank {
				weakest = i
			}
		}
		columns = append(append([]column{}, columns[:weakest]...), columns[weakest+1:]...)
		all, before = widths(columns)
	}
	last := len(columns) - 1
	if s.columns > 0 {
		if last > 0 && before+4 > s.columns { // a long name alone fills the line
			all[0] = max(4, all[0]-(before+4-s.columns))
			before = gap * last
			for _, w := range all[:last] {
				before += w
			}
		}
		all[last] = min(all[last], max(s.columns-before, 0))
	}
	line := func(of func(column) cell) string {
		var out strings.Builder
		for i, c := range columns {
			value := of(c)
			if i == last {
				out.WriteString(s.paint(value.colour, cut(value.text, all[i])))
			} else {
				out.WriteString(s.paint(value.colour, pad(value.text, all[i])) + strings.Repeat(" ", gap))
			}
		}
		return strings.TrimRight(out.String(), " ")
	}
	lines := []string{line(func(c column) cell { return cell{c.title, bold} })}
	for row := range rows {
		lines = append(lines, line(func(c column) cell { return c.value(row) }))
	}
	return lines
}

// bar draws how much of the whole is done, in so many columns.
func bar(done, whole, columns int) string {
	filled := 0
	if whole > 0 {
		filled = columns * min(done, whole) / whole
	}
	return "[" + strings.Repeat("#", filled) + strings.Repeat(".", columns-filled) + "]"
}

// status gives the results page: one line of the host, one of the counts, its message, and a line for each instance.
// If the screen has too few rows, finished instances are left out first.
func (s screen) status(m maintenance, now time.Time) []string {
	lines := []string{s.head(m, now)}
	if counts := counts(m); counts != "" {
		lines = append(lines, s.fit(counts))
	}
	if message := clean(m.verdict().Message); message != "" {
		lines = append(lines, s.fit(message))
	}
	instances, hidden := m.Status.Instances, 0
	if room := s.rows - len(lines) - 4; s.rows > 0 && len(instances) > room {
		instances, hidden = shorten(instances, max(room, 3))
	}
	if len(instances) > 0 {
		lines = append(append(lines, ""), s.instances(m, instances, now)...)
	}
	if hidden > 0 {
		lines = append(lines, s.paint(dim, s.fit(fmt.Sprintf("%d more instances: kubectl hm status %s", hidden, clean(m.Spec.Host)))))
	}
	return lines
}

// shorten keeps so many instances: first what moves, then what a person has to see to, what waits, what is done.
func shorten(all []instance, room int) ([]instance, int) {
	var kept []instance
	for _, of := range []func(instance) bool{
		func(i instance) bool { return !i.needsHelp() && !i.finished() && i.State != "Pending" },
		instance.needsHelp,
		func(i instance) bool { return i.State == "Pending" },
		instance.finished,
	} {
		for _, i := range all {
			if of(i) && len(kept) < room {
				kept = append(kept, i)
			}
		}
	}
	return kept, len(all) - len(kept)
}

// fit cuts a line to the width of the screen.
func (s screen) fit(line string) string {
	if s.columns == 0 {
		return line
	}
	return cut(line, s.columns)
}

func (s screen) head(m maintenance, now time.Time) string {
	host, where := clean(m.Spec.Host), ""
	if m.cloud() != "" {
		where = " (" + clean(m.cloud()) + ")"
	}
	phase, state := phase(m)
	plain := []string{host + where, phase}
	if total := number(m.Status.Total); total > 0 && !m.plan() {
		done := number(m.Status.Moved) + number(m.Status.Gone)
		plain = append(plain, bar(done, total, 20), fmt.Sprintf("%d/%d", done, total))
	}
	if m.Status.StartTime != nil {
		plain = append(plain, age(now.Sub(*m.Status.StartTime)))
	}
	line := s.fit(strings.Join(plain, "  "))
	painted := strings.Replace(line, phase, s.paint(state, phase), 1)
	return strings.Replace(painted, host, s.paint(bold, host), 1)
}

// phase is the phase in the words of the operator, and its colour.
func phase(m maintenance) (string, string) {
	switch p := clean(m.Status.Phase); p {
	case "":
		return "not seen by the operator yet", yellow
	case "InMaintenance":
		return p, green
	case "Blocked", "Failed":
		return p, red
	case "Planned":
		if m.outcome() == needsPerson {
			return p, red
		}
		return p, green
	default:
		return p, yellow
	}
}

func counts(m maintenance) string {
	if m.Status.Total == nil {
		return ""
	}
	remain := "remain"
	if m.plan() {
		remain = "to move"
	}
	var parts []string
	for _, c := range []struct {
		count *int
		word  string
	}{
		{m.Status.Moved, "moved"}, {m.Status.Gone, "gone"}, {m.Status.Skipped, "stay"},
		{m.Status.Remaining, remain}, {m.Status.Blocked, "blocked"}, {m.Status.Failed, "failed"},
	} {
		if number(c.count) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", *c.count, c.word))
		}
	}
	if len(parts) == 0 {
		return "no instance"
	}
	return strings.Join(parts, ", ")
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func (s screen) instances(m maintenance, rows []instance, now time.Time) []string {
	columns := []column{
		{"INSTANCE", 9, func(r int) cell { return cell{text: rows[r].label()} }},
		{"STATUS", 2, func(r int) cell { return cell{text: clean(rows[r].Status)} }},
		{"ACTION", 3, func(r int) cell { return cell{text: action(rows[r])} }},
		{"PROGRESS", 7, func(r int) cell { return progress(rows[r]) }},
		{"STATE", 8, func(r int) cell { return state(rows[r]) }},
		{"TO", 5, func(r int) cell { return cell{text: clean(rows[r].DestinationHost)} }},
		{"TIME", 1, func(r int) cell { return cell{text: elapsed(rows[r], now)} }},
		{"MESSAGE", 4, func(r int) cell { return cell{text: clean(rows[r].Message)} }},
	}
	if m.plan() {
		columns[2].rank = 7
		columns[5] = column{"COULD GO TO", 1, func(r int) cell { return cell{text: candidates(rows[r])} }}
		columns = slices.Concat(columns[:3], columns[4:6], columns[7:])
	}
	return s.table(columns, len(rows))
}

func action(i instance) string {
	if i.Action == "None" {
		return ""
	}
	if i.Step != "" && i.Step != i.Action && !i.finished() {
		return clean(i.Action + ": " + i.Step)
	}
	return clean(i.Action)
}

const barColumns = 10

// progress draws the memory that is transferred; a move without a figure has a bar of tildes.
func progress(i instance) cell {
	switch {
	case i.State == "Moved", i.State == "Gone":
		return cell{bar(1, 1, barColumns), green}
	case i.State == "Confirming", i.State == "Restoring":
		return cell{bar(9, 10, barColumns), yellow}
	case i.State == "InProgress" && i.ProgressPercent != nil:
		return cell{bar(*i.ProgressPercent, 100, barColumns), yellow}
	case i.State == "InProgress" && i.Reason != "Queued" && i.Reason != "Waiting":
		return cell{"[" + strings.Repeat("~", barColumns) + "]", yellow}
	case i.State == "Skipped", i.needsHelp():
		return cell{}
	}
	return cell{text: bar(0, 1, barColumns)}
}

func state(i instance) cell {
	text := clean(i.State)
	if i.State == "Pending" && number(i.Attempts) > 0 {
		text += fmt.Sprintf(", failed %d", *i.Attempts)
	} else if number(i.Attempts) > 1 {
		text += fmt.Sprintf(", try %d", *i.Attempts)
	}
	switch {
	case i.needsHelp():
		return cell{text, red}
	case i.finished():
		return cell{text, green}
	case i.State == "Pending":
		return cell{text: text}
	}
	return cell{text, yellow}
}

// candidates are the hosts that have room for the instance, as far as the plan names them.
func candidates(i instance) string {
	if i.Plan == nil {
		return ""
	}
	shown := strings.Join(i.Plan.CandidateHosts, ", ")
	if more := number(i.Plan.CandidateCount) - len(i.Plan.CandidateHosts); more > 0 {
		shown += fmt.Sprintf(", %d more", more)
	}
	return clean(shown)
}

// elapsed is how long a move has run, or the time to the next attempt.
func elapsed(i instance, now time.Time) string {
	switch {
	case i.finished():
		return ""
	case i.NextAttemptTime != nil && i.NextAttemptTime.After(now):
		return "in " + age(i.NextAttemptTime.Sub(now))
	case i.StartTime != nil:
		return age(now.Sub(*i.StartTime))
	case i.RequestTime != nil:
		return age(now.Sub(*i.RequestTime))
	}
	return ""
}

// age writes a time as kubectl does: its two largest units.
func age(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

// list gives a line for each host.
func (s screen) list(all []maintenance, now time.Time) []string {
	clouds := false
	for _, m := range all {
		clouds = clouds || m.cloud() != ""
	}
	columns := []column{
		{"HOST", 9, func(r int) cell { return cell{text: clean(all[r].Spec.Host)} }},
		{"CLOUD", 6, func(r int) cell { return cell{text: clean(all[r].cloud())} }},
		{"PHASE", 8, func(r int) cell {
			text, colour := phase(all[r])
			if all[r].Status.Phase == "" {
				text = "-"
			}
			return cell{text, colour}
		}},
		{"PROGRESS", 4, func(r int) cell {
			done, total := number(all[r].Status.Moved)+number(all[r].Status.Gone), number(all[r].Status.Total)
			if all[r].plan() || all[r].Status.Total == nil {
				return cell{}
			}
			return cell{text: fmt.Sprintf("%s %d/%d", bar(done, total, barColumns), done, total)}
		}},
		{"BLOCKED", 3, func(r int) cell { return alarm(all[r].Status.Blocked) }},
		{"FAILED", 3, func(r int) cell { return alarm(all[r].Status.Failed) }},
		{"AGE", 2, func(r int) cell { return cell{text: age(now.Sub(all[r].Metadata.CreationTimestamp))} }},
		{"REASON", 5, func(r int) cell { return cell{text: clean(all[r].verdict().Reason)} }},
		{"MESSAGE", 7, func(r int) cell { return cell{text: clean(all[r].verdict().Message)} }},
	}
	if !clouds {
		columns = append(columns[:1], columns[2:]...)
	}
	return s.table(columns, len(all))
}

func alarm(count *int) cell {
	switch {
	case count == nil:
		return cell{}
	case *count > 0:
		return cell{fmt.Sprint(*count), red}
	}
	return cell{text: "0"}
}
