package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// recorded gives a status that the operator wrote between the project's fake API server and cloud, and the time of it.
func recorded(t *testing.T, name string) (maintenance, time.Time) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m, m.Metadata.CreationTimestamp.Add(20 * time.Second)
}

func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	file, text := filepath.Join("testdata", name+".golden"), strings.Join(lines, "\n")+"\n"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s differs; go test -update writes it anew. Now:\n%s", file, text)
	}
}

func TestStatusLooksAsAgreedAtEachWidth(t *testing.T) {
	for _, name := range []string{"plan", "status", "blocked"} {
		m, now := recorded(t, name)
		for _, columns := range []int{40, 80, 120, 0} {
			t.Run(fmt.Sprintf("%s-%d", name, columns), func(t *testing.T) {
				golden(t, fmt.Sprintf("%s-%d", name, columns), screen{columns: columns}.status(m, now))
			})
		}
	}
}

func TestStatusLooksAsAgreedInColour(t *testing.T) {
	m, now := recorded(t, "status")
	golden(t, "status-colour", screen{columns: 80, colour: true}.status(m, now))
}

func TestStatusLooksAsAgreedOnALowTerminal(t *testing.T) {
	m, now := recorded(t, "status")
	golden(t, "status-low", screen{columns: 80, rows: 16}.status(m, now))
}

func TestListLooksAsAgreed(t *testing.T) {
	status, now := recorded(t, "status")
	blocked, _ := recorded(t, "blocked")
	blocked.Spec.Host, blocked.Spec.Cloud = "rack-2-compute-17.example.org", "north"
	all := []maintenance{status, blocked, {}}
	all[2].Spec.Host, all[2].Metadata.CreationTimestamp = "compute-9", now
	golden(t, "list-80", screen{columns: 80}.list(all, now))
	golden(t, "list-0", screen{}.list(all, now))
}

func TestWhyLooksAsAgreed(t *testing.T) {
	m, _ := recorded(t, "blocked")
	golden(t, "why", screen{}.why(m, blockers(m)))
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, name := range []string{"plan", "status", "blocked"} {
		m, now := recorded(t, name)
		m.Status.Instances[0].Name = "仮想マシン-とても長い名前のインスタンス-123456789"
		for columns := 20; columns <= 200; columns++ {
			page := screen{columns: columns}
			for _, line := range append(page.status(m, now), page.list([]maintenance{m}, now)...) {
				if width(line) > columns {
					t.Fatalf("%d columns, and %q has %d", columns, line, width(line))
				}
			}
		}
	}
}

func TestNoPageIsHigherThanTheTerminal(t *testing.T) {
	m, now := recorded(t, "status")
	for rows := 10; rows <= 60; rows++ {
		if page := (screen{columns: 80, rows: rows}).status(m, now); len(page) >= rows {
			t.Fatalf("%d lines on a terminal of %d", len(page), rows)
		}
	}
}

// Each steers a terminal, or hides what a text says.
const hostile = "\x1b[31mred\x07\u009b2J\u202eevil\r\nx\u2028\xff"

func hostileMaintenance(t *testing.T) maintenance {
	m, _ := recorded(t, "blocked")
	for i := range m.Status.Instances {
		row := &m.Status.Instances[i]
		row.Name, row.Status, row.Action, row.Step, row.Message = hostile, hostile, hostile, hostile, hostile
		row.State, row.DestinationHost, row.Reason = "Blocked", hostile, hostile
	}
	for i := range m.Status.Conditions {
		m.Status.Conditions[i].Message, m.Status.Conditions[i].Reason = hostile, hostile
	}
	m.Spec.Host, m.Spec.Cloud, m.Metadata.Name, m.Status.Phase = hostile, hostile, hostile, hostile
	return m
}

func steers(text string) bool {
	return strings.ContainsAny(text, "\x1b\x07\u009b\u202e\r\u2028")
}

func TestNoScreenHasAControlCharacter(t *testing.T) {
	m := hostileMaintenance(t)
	now := time.Now()
	found := blockers(m)
	for _, page := range [][]string{
		screen{}.status(m, now), screen{columns: 80}.status(m, now), screen{}.list([]maintenance{m}, now), screen{}.why(m, found),
		{title(m)}, {cleanLines("error: " + hostile)},
	} {
		if steers(strings.Join(page, "\n")) {
			t.Errorf("%q", page)
		}
	}
}

func TestJSONHasNoControlCharacterAndMeansTheSame(t *testing.T) {
	text, err := json.Marshal(map[string]string{"name": hostile + "\U000e0001"})
	if err != nil {
		t.Fatal(err)
	}
	shown := escaped(text)
	var before, after map[string]string
	if json.Unmarshal(text, &before) != nil || json.Unmarshal([]byte(shown), &after) != nil || steers(shown) {
		t.Fatalf("%q", shown)
	}
	if before["name"] != after["name"] {
		t.Errorf("%q became %q", before, after)
	}
}

func TestCommandsNeverComeOutOfAMessage(t *testing.T) {
	m, _ := recorded(t, "blocked")
	row := instance{ID: m.Status.Instances[0].ID, Status: "SUSPENDED", Reason: "UnsupportedState",
		Message: "resume (openstack server delete 11111111-1111-1111-1111-111111111111)"}
	want := []string{"openstack server resume " + row.ID}
	if got := remedies(m, row.Reason, &row); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheGroupOfACommandIsNotTheOneInAGroupsName(t *testing.T) {
	m, _ := recorded(t, "blocked")
	theirs, ours := strings.Repeat("1", 36), strings.Repeat("2", 36)
	row := instance{Reason: "AffinityGroup", Message: "its group x (openstack server group delete " + theirs +
		"). Its owner may delete it (openstack server group delete " + ours + ")."}
	if got := remedies(m, row.Reason, &row)[0]; got != "openstack server group delete "+ours {
		t.Errorf("%q", got)
	}
}

func TestAnIdThatIsNoneIsNotFilledIn(t *testing.T) {
	m, _ := recorded(t, "blocked")
	row := instance{ID: "x; rm -rf /", Status: "SUSPENDED", Reason: "UnsupportedState"}
	if got := remedies(m, row.Reason, &row); !slices.Equal(got, []string{"openstack server resume INSTANCE"}) {
		t.Errorf("%q", got)
	}
}

func existing(name, host, cloud, mode string) maintenance {
	var m maintenance
	m.Metadata.Name, m.Spec.Host, m.Spec.Cloud, m.Spec.Mode = name, host, cloud, mode
	return m
}

func TestNamesOfResourcesAreMadeOfHosts(t *testing.T) {
	long := strings.Repeat("a", 120)
	all := []maintenance{existing("compute-1", "compute-1", "", "")}
	for _, c := range []struct{ host, cloud, want string }{
		{"compute-7", "", "compute-7"},
		{"Rack_1.Compute-7.example.org", "", "rack-1.compute-7.example.org"},
		{"_a_._b_", "", "a.b"},
		{"compute-1", "north", "compute-1-north"},
		{"compute_1", "", "compute-1-19c74eb6"},
		{"reserved", "", "fb22b035"},
		{"reserved-1", "", "1-85f553b1"},
		{long, "", strings.Repeat("a", 91) + "-"},
	} {
		got := nameFor(c.host, c.cloud, all)
		if got != c.want && !(c.host == long && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s in %q: %s", c.host, c.cloud, got)
		}
		if len(got) > longestName || strings.Contains(got, "reserved") {
			t.Errorf("%s: %s", c.host, got)
		}
	}
}

func TestHostFindsTheResource(t *testing.T) {
	all := []maintenance{
		existing("a", "Compute_1", "", ""),
		existing("compute-2", "compute-3", "", ""),
		existing("b", "compute-4", "north", ""), existing("c", "compute-4", "south", ""),
		existing("d", "compute-5", "", ""), existing("e", "compute-5", "", "Plan"),
	}
	for _, c := range []struct{ host, cloud, want string }{
		{"Compute_1", "", "a"}, {"compute_1", "", "a"}, {"compute-2", "", "compute-2"},
		{"compute-4", "", "2 HostMaintenances name host compute-4: hm/b (cloud north), hm/c (cloud south). " +
			"Name one as hm/NAME, or add --cloud"},
		{"compute-4", "south", "c"}, {"hm/b", "", "b"}, {"compute-5", "", "d"}, {"hm/e", "", "e"},
		{"compute-6", "", "no HostMaintenance names host compute-6"},
		{"compute-5", "north", "no HostMaintenance names host compute-5 in cloud north"},
	} {
		m, err := find(all, c.host, c.cloud)
		got := m.Metadata.Name
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s in %q: %s", c.host, c.cloud, got)
		}
	}
}

func TestDrainTakesNoResourceOfAnotherHostByItsName(t *testing.T) {
	all := []maintenance{existing("compute-1", "compute-9", "", "")}
	if m, err := taken(all, options{host: "compute-1"}); m != nil || err != nil {
		t.Errorf("%v %v", m, err)
	}
}

func TestDrainAsksForTheCloudOfAHostInAnother(t *testing.T) {
	all := []maintenance{existing("compute-1", "compute-1", "north", "")}
	if m, err := taken(all, options{host: "compute-1"}); m != nil || err == nil {
		t.Errorf("%v %v", m, err)
	}
}

func TestOutcomeCountsForThePresentSpecAlone(t *testing.T) {
	m, _ := recorded(t, "blocked")
	m.Metadata.Generation = m.Status.ObservedGeneration
	if m.outcome() != needsPerson {
		t.Errorf("%v", m.outcome())
	}
	if m.Metadata.Generation++; m.outcome() != pending {
		t.Errorf("%v", m.outcome())
	}
}

func TestARetryThatTheOperatorHasNotSeenIsNoEnd(t *testing.T) {
	m, _ := recorded(t, "blocked")
	m.Metadata.Generation = m.Status.ObservedGeneration
	m.Metadata.Annotations = map[string]string{retryAnnotation: "2"}
	for retry, want := range map[string]outcome{"1": pending, "2": needsPerson} {
		if m.Status.Retry = retry; m.outcome() != want {
			t.Errorf("%s: %v", retry, m.outcome())
		}
	}
}

func TestDoneMeansThatNothingIsLeftOnTheHost(t *testing.T) {
	var m maintenance
	ready := condition{Type: "Ready", Status: "True"}
	for want, drained := range map[outcome]string{done: "True", doneButStay: "False"} {
		m.Status.Conditions = []condition{ready, {Type: "Drained", Status: drained}}
		if m.outcome() != want {
			t.Errorf("Drained %s: %v", drained, m.outcome())
		}
	}
}

func TestCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"drain":                               "drain needs a HOST",
		"drain a b":                           `drain does not know the argument "b"`,
		"drain a --timeout 5m":                "--timeout needs --wait",
		"drain a --wait --timeout=5":          `--timeout "5" is no duration: write 90s, 45m or 4h`,
		"drain a --reason":                    "--reason needs a value",
		"drain a --watch":                     "drain does not know --watch",
		"drain a -o wide":                     "-o of drain is one of: json, yaml, name",
		"status --watch":                      "--watch needs a HOST",
		"status a -w -o json":                 "--watch shows a screen: it does not go with -o",
		"list a":                              `list does not know the argument "a"`,
		"let-go a --yes=no":                   "let-go does not know --yes=no",
		"--wait drain a -o=json --plan":       `no command "--wait"`,
		"drain --cold a --wait --timeout 90s": "",
		"status --context north a -o yaml":    "",
	} {
		words := strings.Fields(line)
		got := ""
		at := slices.IndexFunc(commands(), func(c command) bool { return c.name == words[0] })
		if at < 0 {
			got = (&plugin{}).dispatch(words).Error()
		} else if _, err := commands()[at].parse(words[1:]); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// stub puts a kubectl into PATH that is this shell script, and gives a plugin that uses it.
func stub(t *testing.T, script string) (*plugin, *bytes.Buffer) {
	t.Helper()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "kubectl"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Skip(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out bytes.Buffer
	return &plugin{ctx: context.Background(), kubectl: kubectl{errors: &out}, in: strings.NewReader(""), out: &out,
		now: time.Now}, &out
}

func TestKubectlGetsTheFlagsOfTheCluster(t *testing.T) {
	s, out := stub(t, `echo "$@" >&2; echo '{"items":[]}'`)
	run(s, []string{"kubectl-hm", "list", "--context", "north", "-n=x", "--insecure-skip-tls-verify"})
	if !strings.Contains(out.String(), "-o json --context=north -n=x --insecure-skip-tls-verify\n") {
		t.Error(out)
	}
}

func TestAFailureOfKubectlIsAnError(t *testing.T) {
	s, out := stub(t, `printf 'error: \033[31mno cluster\n' >&2; exit 1`)
	if code := run(s, []string{"kubectl-hm", "list"}); code != exitError || out.String() != "error: ?[31mno cluster\n" {
		t.Error(code, out)
	}
}

func TestAWatchThatTheServerEndsIsBegunAgain(t *testing.T) {
	s, _ := stub(t, `cd "$(dirname "$0")"
case "$*" in
*--watch*) echo x >>watches
  phase=Draining; [ "$(wc -l <watches)" -ge 2 ] && phase=Blocked
  echo '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"},"status":{"phase":"'$phase'"}}}';;
*) echo '{"metadata":{"name":"a","uid":"u"}}';;
esac`)
	last, err := s.follow("a", "u", time.Minute, true, func(v version) bool { return v.resource.outcome() == needsPerson })
	if err != nil || last.resource.Status.Phase != "Blocked" {
		t.Error(last, err)
	}
}

func TestAResourceThatGoesBetweenTwoWatchesIsGone(t *testing.T) {
	s, _ := stub(t, `case "$*" in
*--watch*) echo '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}';;
esac`)
	if last, err := s.follow("a", "u", time.Minute, true, func(v version) bool { return v.gone }); err != nil || !last.gone {
		t.Error(last, err)
	}
}

func TestAnotherResourceOfTheSameNameMeansThatTheFirstIsGone(t *testing.T) {
	s, _ := stub(t, `echo '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"other"}}}'`)
	if last, err := s.follow("a", "u", time.Minute, true, func(v version) bool { return v.gone }); err != nil || !last.gone {
		t.Error(last, err)
	}
}

func TestLetGoDoesNothingUnlessTheAnswerIsYes(t *testing.T) {
	s, out := stub(t, `cd "$(dirname "$0")"
case "$*" in
get*) echo '{"items":[{"metadata":{"name":"a"},"spec":{"host":"a"}}]}';;
*) echo "$*" >>changes;;
esac
[ -e changes ] && cat changes >&2; true`)
	s.asks, s.in = true, strings.NewReader("n\n")
	if code := run(s, []string{"kubectl-hm", "let-go", "a"}); code != exitError || strings.Contains(out.String(), "delete") {
		t.Error(code, out)
	}
}

func TestAnInterruptEndsAQuestion(t *testing.T) {
	typing, writer := io.Pipe()
	defer writer.Close()
	ctx, interrupt := context.WithCancel(context.Background())
	interrupt()
	if answer := (&plugin{ctx: ctx, in: typing}).answer(); answer != "" {
		t.Error(answer)
	}
}

func TestCompletion(t *testing.T) {
	s, _ := stub(t, `[ "$4 $5" = "json --context=north" ] && echo '{"items":[{"spec":{"host":"compute-1"}},{"spec":{"host":"a"}}]}'`)
	for line, want := range map[string]string{
		"und":                          "undrain",
		"drain --ti":                   "--timeout",
		"status a -o ":                 "json yaml name",
		"status --context=north compu": "compute-1",
		"drain --reason ":              "",
		"list ":                        "",
	} {
		var got []string
		for _, each := range s.completions(strings.Split(line, " ")) {
			got = append(got, strings.Split(each, "\t")[0])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}
