// Package markup reads the formatting that people type into messages: a small part of Markdown, read the way chats do.
//
// It owns which characters mean what. It knows nothing of HTML: it makes a tree, and the interface draws each kind of
// node with an element of its own. So nothing in a message can ever become markup of the page.
//
// There are paragraphs, quotes (>), lists (-, *, 1.), fenced code (```), and in them bold (**, __), italic (*, _),
// strikethrough (~~), code (`) and addresses. There are no headings, pictures or tables, and a link always shows where
// it leads. Marks count only at the edge of a word, so that snake_case and 2*3*4 stay what they are; a backslash before
// a mark makes it a character like any other, and stays, for it may be somebody's arm: ¯\_(ツ)_/¯. Nothing that was typed
// disappears but the marks that had their effect.
//
// A library was measured: goldmark with strikethrough and addresses adds 1.0 MB to the program (110 kB compressed).
package markup

import "strings"

// A Block is a part of a message that stands by itself.
type Block struct {
	Kind  BlockKind
	Spans []Span  // of a Paragraph; line breaks are in the texts
	Code  string  // of CodeBlock, as typed
	Lang  string  // of CodeBlock: the name of a language that stands at its fence, or ""
	Parts []Block // of a Quote; of a list: one Item each; of an Item
	First int     // of OrderedList: the number of the first item
}

// BlockKind says what a block is.
type BlockKind uint8

// The kinds of blocks.
const (
	Paragraph BlockKind = iota
	CodeBlock
	Quote
	List
	OrderedList
	Item
)

// A Span is a part of a line of text.
type Span struct {
	Kind  SpanKind
	Text  string // of Text, Code and Link
	Spans []Span // of Bold, Italic and Strike
	URL   string // of Link: begins with http:, https: or mailto:

	// Doubtful is the part of a Link's text that says where it leads, if it may look like another place; else "".
	Doubtful string
}

// SpanKind says what a span is.
type SpanKind uint8

// The kinds of spans.
const (
	Text SpanKind = iota
	Bold
	Italic
	Strike
	Code
	Link
)

// maxDepth is how deep blocks lie in each other, and spans in each other. What is deeper stays as it was typed.
const maxDepth = 6

// Parse reads a message. It takes time in proportion to the text, whatever the text.
func Parse(text string) []Block {
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return blocks(strings.Split(text, "\n"), 0)
}

// Plain is the text without marks, in one line: for where there is no room for more.
func Plain(text string) string {
	var b strings.Builder
	plainBlocks(&b, Parse(text))
	return strings.Join(strings.Fields(b.String()), " ")
}

func plainBlocks(b *strings.Builder, blocks []Block) {
	for _, block := range blocks {
		plainSpans(b, block.Spans)
		b.WriteString(block.Code)
		plainBlocks(b, block.Parts)
		b.WriteByte('\n')
	}
}

func plainSpans(b *strings.Builder, spans []Span) {
	for _, span := range spans {
		b.WriteString(span.Text)
		plainSpans(b, span.Spans)
	}
}
