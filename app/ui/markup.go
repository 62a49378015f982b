package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/markup"
)

// drawMarkup draws a message's text. Every piece that can be read by itself takes the direction of its own first strong
// character.
func drawMarkup(text string) []app.UI { return drawBlocks(markup.Parse(text)) }

func drawBlocks(blocks []markup.Block) []app.UI {
	drawn := make([]app.UI, len(blocks))
	for i, b := range blocks {
		drawn[i] = drawBlock(b)
	}
	return drawn
}

func drawBlock(b markup.Block) app.UI {
	switch b.Kind {
	case markup.CodeBlock: // can be scrolled, so the keyboard has to get there
		return app.Pre().Dir("ltr").TabIndex(0).Body(app.Code().Text(b.Code))
	case markup.Quote:
		return app.Blockquote().Dir("auto").Body(drawBlocks(b.Parts)...)
	case markup.List:
		return app.Ul().Dir("auto").Body(drawBlocks(b.Parts)...)
	case markup.OrderedList:
		return app.Ol().Dir("auto").Start(b.First).Body(drawBlocks(b.Parts)...)
	case markup.Item:
		return app.Li().Body(drawBlocks(b.Parts)...)
	default:
		return app.P().Dir("auto").Body(drawSpans(b.Spans)...)
	}
}

func drawSpans(spans []markup.Span) []app.UI {
	drawn := make([]app.UI, len(spans))
	for i, s := range spans {
		drawn[i] = drawSpan(s)
	}
	return drawn
}

func drawSpan(s markup.Span) app.UI {
	switch s.Kind {
	case markup.Bold:
		return app.Strong().Body(drawSpans(s.Spans)...)
	case markup.Italic:
		return app.Em().Body(drawSpans(s.Spans)...)
	case markup.Strike:
		return app.S().Body(drawSpans(s.Spans)...)
	case markup.Code:
		return app.Code().Dir("auto").Text(s.Text)
	case markup.Link:
		return app.A().Href(s.URL).Target("_blank").Rel("noopener noreferrer nofollow").Dir("auto").Text(s.Text)
	default:
		return app.Text(s.Text)
	}
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
	return text != "" && reader().emojiOf != nil && reader().emojiOf.Call("test", text).Bool()
}
