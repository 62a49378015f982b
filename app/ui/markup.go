package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/markup"
)

// drawMarkup draws a message's text. Each of its blocks takes the direction of its own first strong character; what is
// in a block goes the same way, so that marks and bullets stand where reading begins.
func drawMarkup(text string) []app.UI {
	return each(markup.Parse(text), func(b markup.Block) app.UI { return drawBlock(b, "auto") })
}

func drawInner(blocks []markup.Block) []app.UI {
	return each(blocks, func(b markup.Block) app.UI { return drawBlock(b, "") })
}

func drawBlock(b markup.Block, dir string) app.UI {
	switch b.Kind {
	case markup.CodeBlock: // can be scrolled, so the keyboard has to get there: see inRow
		return app.Pre().Dir("ltr").TabIndex(inRow).Body(app.Code().Text(b.Code))
	case markup.Quote:
		return app.Blockquote().Dir(dir).Body(drawInner(b.Parts)...)
	case markup.List:
		return app.Ul().Dir(dir).Body(drawInner(b.Parts)...)
	case markup.OrderedList:
		return app.Ol().Dir(dir).Start(b.First).Body(drawInner(b.Parts)...)
	case markup.Item:
		return app.Li().Body(drawInner(b.Parts)...)
	default:
		return app.P().Dir(dir).Body(each(b.Spans, drawSpan)...)
	}
}

func each[T any](parts []T, draw func(T) app.UI) []app.UI {
	drawn := make([]app.UI, len(parts))
	for i, part := range parts {
		drawn[i] = draw(part)
	}
	return drawn
}

func drawSpan(s markup.Span) app.UI {
	switch s.Kind {
	case markup.Bold:
		return app.Strong().Body(each(s.Spans, drawSpan)...)
	case markup.Italic:
		return app.Em().Body(each(s.Spans, drawSpan)...)
	case markup.Strike:
		return app.S().Body(each(s.Spans, drawSpan)...)
	case markup.Code:
		return app.Code().Dir("auto").Text(s.Text)
	case markup.Link:
		return drawLink(s)
	default:
		return app.Text(s.Text)
	}
}

// drawLink draws an address that can be followed. Where its host may look like another it has the name by which the
// browser would ask for it: xn--pple-43d.com, and not the one whose first letter is Cyrillic. If there is no such name it
// is only text.
func drawLink(s markup.Span) app.UI {
	text := s.Text
	if s.Doubtful != "" {
		a := app.Window().Get("document").Call("createElement", "a")
		a.Set("href", s.URL)
		host := a.Get("host").String()
		if host == "" {
			return app.Text(text)
		}
		text = strings.Replace(text, s.Doubtful, host, 1)
	}
	return app.A().Href(s.URL).TabIndex(inRow).Target("_blank").Rel("noopener noreferrer nofollow").Dir("auto").Text(text)
}

// emojis matches up to six of them and nothing else: pairs of regional indicators, and emoji with what modifies and
// joins them. Browsers know which characters those are.
const emojis = `^(?:(?:\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?|[\u{E0020}-\u{E007E}]+\u{E007F})?` +
	`(?:\u200D\p{Emoji}(?:\p{EMod}|\uFE0F)?)*)\s?){1,6}$`

// emojiOnly reports whether a text is so short and cheerful that it is drawn larger.
func emojiOnly(text string) bool {
	const longest = 200 // bytes: six families
	if len(text) > longest {
		return false
	}
	for i := range len(text) {
		if '!' <= text[i] && text[i] <= '~' { // also digits, which count as emoji
			return false
		}
	}
	return text != "" && reader().emojiOf != nil && reader().emojiOf().Call("test", text).Bool()
}
