package main

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean gives the text without anything that steers a terminal: names and messages come from tenants.
// A line feed or another blank becomes a space, and all else that is not printable a question mark.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, !unicode.IsPrint(r) && !unicode.IsSpace(r):
			return '?'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text)
}

// cleaner writes what kubectl says, line by line, without anything that steers a terminal.
type cleaner struct{ to io.Writer }

func (c cleaner) Write(bytes []byte) (int, error) {
	_, err := io.WriteString(c.to, cleanLines(string(bytes)))
	return len(bytes), err
}

// cleanLines cleans each line of a text.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return strings.Join(lines, "\n")
}

// escaped writes what is not printable in a JSON text as JSON's own escapes, which mean the same.
func escaped(json []byte) string {
	var out strings.Builder
	for _, r := range string(json) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff
			escape(&out, high)
			escape(&out, low)
		default:
			escape(&out, r)
		}
	}
	return out.String()
}

func escape(out *strings.Builder, unit rune) {
	const digits = "0123456789abcdef"
	out.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		out.WriteByte(digits[unit>>shift&0xf])
	}
}

// Runes that take two columns of a terminal: East Asian wide and fullwidth ones, and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// width is the number of a terminal's columns that a clean text takes.
func width(text string) int {
	sum := 0
	for _, r := range text {
		sum += columnsOf(r)
	}
	return sum
}

// cut shortens a clean text to so many columns; the last two say that something is missing.
func cut(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	if columns <= 2 {
		return ".."[:max(columns, 0)]
	}
	at, sum := 0, 0
	for i, r := range text {
		if sum += columnsOf(r); sum > columns-2 {
			break
		}
		at = i + utf8.RuneLen(r)
	}
	return text[:at] + ".."
}

// pad cuts or fills a clean text to exactly so many columns.
func pad(text string, columns int) string {
	text = cut(text, columns)
	return text + strings.Repeat(" ", columns-width(text))
}
