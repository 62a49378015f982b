package chat

import (
	"fmt"
	"strings"
	"time"
)

// Diagnostics are what the connection panel shows: how the session went, and whether everything is there. They hold
// neither secrets nor what anybody wrote, so that a user can show them to somebody who helps.
type Diagnostics struct {
	Lines  []string  // what program, project and session this is, as "name: value"
	Audit  AuditView // the newest one
	Gaps   []GapReport
	Outbox []OutboxLine
	States []TraceLine // the last states of the connection, oldest first
	Frames []TraceLine // the last frames and requests, oldest first
}

// A TraceLine is something that happened on the connection.
type TraceLine struct {
	Time time.Time
	Kind string // "in", "out" for a frame; "rest"; "state"
	Text string
}

// String is the form that the panel copies.
func (d Diagnostics) String() string {
	var b strings.Builder
	for _, line := range d.Lines {
		fmt.Fprintln(&b, line)
	}
	if a := d.Audit; !a.At.IsZero() {
		fmt.Fprintf(&b, "audit: %d of %d at %s, missing %d, doubled %d\n", a.Held, a.Stored, stamp(a.At), a.Missing, a.Doubled)
	}
	section(&b, "gaps", d.Gaps)
	section(&b, "outbox", d.Outbox)
	section(&b, "states", d.States)
	section(&b, "frames", d.Frames)
	return b.String()
}

// section writes a part with a heading, nothing when it is empty.
func section[Line any](b *strings.Builder, heading string, lines []Line) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, line := range lines {
		fmt.Fprintf(b, "  %v\n", line)
	}
}

// String is one line.
func (l TraceLine) String() string { return stamp(l.Time) + " " + l.Kind + " " + l.Text }

// String is one line.
func (g GapReport) String() string {
	more := ""
	if g.Partly {
		more = " and more"
	}
	return fmt.Sprintf("%s from %s until %s, %d rows%s%s", g.Reason, stamp(g.From), stamp(g.Until), g.Rows, more, g.Problem.reason())
}

// reason is the code alone: the server's words may repeat what somebody wrote.
func (p Problem) reason() string {
	if p.Code == "" {
		return ""
	}
	return ", " + string(p.Code)
}

// stamp is a time in every zone's words.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000Z")
}
