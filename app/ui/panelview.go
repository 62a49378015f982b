package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

func (s *Status) drawPanel() app.UI {
	snap, d := s.panel.snapshot, s.panel.diagnostics
	return app.Dialog().ID("connection").Class("panel").Aria("labelledby", "connection-title").Attr("closedby", "any").
		On("close", s.closed).
		Body(
			app.Header().Body(
				app.H2().ID("connection-title").Text(say(textDetails)),
				app.Button().Class("quiet").Type("button").DataSet("action", "close").OnClick(s.closePanel).Text(say(textClose)),
			),
			app.Div().Class("facts").Body(
				s.drawFacts(snap, time.Now()),
				drawSection(textOutbox, "outbox", drawOutbox(d.Outbox), textOutboxEmpty),
				drawSection(textGaps, "gaps", drawGaps(d.Gaps), textGapsNone),
				drawTrace(textStates, "states", traceLines(d.States)),
				drawTrace(textFrames, "frames", traceLines(d.Frames)),
				drawTrace(textProgram, "program", d.Lines),
			),
			s.drawCopy(),
		)
}

// drawFacts is what most people want to know.
func (s *Status) drawFacts(snap chat.Snapshot, now time.Time) app.UI {
	f := reader()
	fact := func(name text, part app.HTMLDd) app.UI {
		return app.Div().Body(app.Dt().Text(say(name)), part)
	}
	news := say(textNever)
	if !snap.LastNews.IsZero() {
		news = f.secondsOn(snap.LastNews, now)
	}
	return app.Dl().Body(
		fact(textState, app.Dd().
			DataSet("part", "state").
			DataSet("connection", s.Connection.String()).
			DataSet("since", s.since.UTC().Format(time.RFC3339)).
			Text(say(textSince, say(statusText(s.Connection)), f.secondsOn(s.since, now)))),
		fact(textLastNews, app.Dd().DataSet("part", "news").Text(news)),
		app.If(s.Connection == chat.ConnectionWaiting && !snap.RetryAt.IsZero(), func() app.UI {
			return fact(textNextAttempt, app.Dd().DataSet("part", "retry").Text(until(snap.RetryAt, now)))
		}),
		fact(textAudit, s.drawAudit(snap.Audit, now)),
		fact(textNotify, s.drawNotify(snap.Preferences.Notify)),
	)
}

// until tells how long there is to wait.
func until(t, now time.Time) string {
	seconds := int((t.Sub(now) + time.Second - 1) / time.Second)
	if seconds <= 0 {
		return say(textNow)
	}
	return sayCount(textSeconds, seconds)
}

func (s *Status) drawAudit(a chat.AuditView, now time.Time) app.HTMLDd {
	return app.Dd().
		DataSet("part", "audit").
		DataSet("running", a.Running).
		DataSet("held", a.Held).
		DataSet("stored", a.Stored).
		DataSet("missing", a.Missing).
		DataSet("doubled", a.Doubled).
		Body(
			app.Span().Text(audited(a, now)),
			app.Button().Class("link").Type("button").DataSet("action", "audit").
				Aria("disabled", !s.canAudit(a)). // and not disabled: it would lose the focus
				OnClick(s.audit).Text(say(textAuditNow)),
		)
}

// audited says what an audit has found.
func audited(a chat.AuditView, now time.Time) string {
	switch {
	case a.Running:
		return say(textAuditing)
	case a.At.IsZero():
		return say(textNotAudited)
	}
	f := reader()
	words := []string{say(textAudited, f.number(a.Held), f.number(a.Stored), f.since(a.At, now)) + "."}
	if a.Missing > 0 {
		words = append(words, sayCount(textMissing, a.Missing))
	}
	if a.Doubled > 0 {
		words = append(words, sayCount(textDoubled, a.Doubled))
	}
	return strings.Join(words, " ")
}

// drawSection is a list under a heading, or the words for none.
func drawSection(heading text, part string, items []app.UI, none text) app.UI {
	return app.Section().Body(
		app.H3().Text(say(heading)),
		app.If(len(items) == 0, func() app.UI { return app.P().Class("soft").Text(say(none)) }),
		app.If(len(items) > 0, func() app.UI { return app.Ul().DataSet("part", part).Body(items...) }),
	)
}

func drawOutbox(lines []chat.OutboxLine) []app.UI {
	items := make([]app.UI, len(lines))
	for i, line := range lines {
		words := []string{reader().seconds(line.Pressed), "…" + keyEnd(line.ID), sayAny(stageText(line.Stage), line.Stage)}
		if line.Tries > 0 {
			words = append(words, sayCount(textTries, line.Tries))
		}
		items[i] = app.Li().
			DataSet("id", string(line.ID)).
			DataSet("stage", line.Stage).
			DataSet("tries", line.Tries).
			Body(itemBody(words, line.Problem)...)
	}
	return items
}

// keyEnd is as much of a key as tells a message from others: the beginning of a UUID of version 7 is a time.
func keyEnd(id chat.MessageID) string { return string(id[max(0, len(id)-6):]) }

func drawGaps(gaps []chat.GapReport) []app.UI {
	items := make([]app.UI, 0, len(gaps))
	for i := len(gaps) - 1; i >= 0; i-- {
		gap := gaps[i]
		open := gap.Until.IsZero()
		items = append(items, app.Li().
			DataSet("reason", string(gap.Reason)).
			DataSet("rows", gap.Rows).
			DataSet("open", open).
			Body(itemBody(gapWords(gap, time.Now()), gap.Problem)...))
	}
	return items
}

// gapWords say when something was missed, why, and what was found when it was looked for.
func gapWords(gap chat.GapReport, now time.Time) []string {
	f := reader()
	from, reason := say(textGapStart), sayAny(gapText(gap.Reason), say(textGapUnknown))
	if !gap.From.IsZero() {
		from = f.secondsOn(gap.From, now)
	}
	if gap.Until.IsZero() {
		return []string{from, reason, say(textGapOpen)}
	}
	words := []string{from + " – " + f.secondsOn(gap.Until, now), reason, sayCount(textGapRows, gap.Rows)}
	if gap.Partly {
		words = append(words, say(textGapPartly))
	}
	return words
}

func itemBody(words []string, problem chat.Problem) []app.UI {
	body := []app.UI{app.Text(strings.Join(words, " · "))}
	if problem != (chat.Problem{}) {
		body = append(body, app.P().Class("soft").Text(sentence(problem)))
	}
	return body
}

// drawTrace is for those who know the protocol: folded away, newest first, and never in another direction.
func drawTrace(heading text, part string, lines []string) app.UI {
	return app.Details().Body(
		app.Summary().Text(say(heading)+" ("+strconv.Itoa(len(lines))+")"),
		app.Pre().DataSet("part", part).Dir("ltr").TabIndex(0).Text(strings.Join(lines, "\n")),
	)
}

// traceLines writes the newest first.
func traceLines(lines []chat.TraceLine) []string {
	words := make([]string, len(lines))
	for i, line := range lines {
		words[len(lines)-1-i] = reader().seconds(line.Time) + " " + arrow(line.Kind) + line.Text
	}
	return words
}

// arrow shows which way a frame went.
func arrow(kind string) string {
	switch kind {
	case "in":
		return "← "
	case "out":
		return "→ "
	case "rest":
		return "⇄ "
	default:
		return ""
	}
}

func (s *Status) drawCopy() app.UI {
	words := ""
	switch {
	case s.panel.refused != "":
		words = say(textCopyRefused)
	case s.panel.copied:
		words = say(textCopied)
	}
	return app.Footer().Body(
		app.Button().Class("outlined").Type("button").DataSet("action", "copy").OnClick(s.copy).Text(say(textCopy)),
		app.P().Class("soft").Aria("live", "polite").Text(words),
		app.If(s.panel.refused != "", func() app.UI {
			return app.Textarea().ID("diagnostics").Dir("ltr").ReadOnly(true).Rows(5).Aria("label", say(textDiagnostics))
		}),
	)
}
