package markup

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// show writes a tree in short: b(…) is bold, p(…) a paragraph.
func show(blocks []Block) string {
	var b strings.Builder
	for i, block := range blocks {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch block.Kind {
		case Paragraph:
			b.WriteString("p(" + showSpans(block.Spans) + ")")
		case CodeBlock:
			b.WriteString("pre" + block.Lang + "(" + block.Code + ")")
		case OrderedList:
			fmt.Fprintf(&b, "ol%d(%s)", block.First, show(block.Parts))
		default:
			b.WriteString(map[BlockKind]string{Quote: "q", List: "ul", Item: "li"}[block.Kind] + "(" + show(block.Parts) + ")")
		}
	}
	return b.String()
}

func showSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.Kind {
		case Text:
			b.WriteString(s.Text)
		case Code:
			b.WriteString("c(" + s.Text + ")")
		case Link:
			b.WriteString("a(" + s.URL + ")")
		default:
			b.WriteString(map[SpanKind]string{Bold: "b", Italic: "i", Strike: "s"}[s.Kind] + "(" + showSpans(s.Spans) + ")")
		}
	}
	return b.String()
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"plain":                     "plain",
		"two\nlines":                "two\nlines",
		"**bold** and __bold__":     "b(bold) and b(bold)",
		"*italic* and _italic_":     "i(italic) and i(italic)",
		"***both***":                "i(b(both))",
		"**a *b* c**":               "b(a i(b) c)",
		"*a **b** c*":               "i(a b(b) c)",
		"~~gone~~ ~not~":            "s(gone) ~not~",
		"`code` ``a`b``":            "c(code) c(a`b)",
		"`**not bold**`":            "c(**not bold**)",
		"` `":                       "` `",
		"a ` b":                     "a ` b",
		"** not **":                 "** not **",
		"**open":                    "**open",
		"*a **b*":                   "*a *i(b)",
		"**":                        "**",
		"****":                      "****",
		"snake_case_name":           "snake_case_name",
		"2*3*4 and 2 * 3 * 4":       "2*3*4 and 2 * 3 * 4",
		`¯\_(ツ)_/¯`:                 `¯\_(ツ)_/¯`,
		`\*not\* C:\*.*`:            `\*not\* C:\*.*`,
		"「**中文**」中**文**字":           "「b(中文)」中b(文)字",
		"(*a*), *b*.":               "(i(a)), i(b).",
		"*line\nbreak*":             "i(line\nbreak)",
		"see https://example.com.":  "see a(https://example.com).",
		"(http://example.com/a_(b)": "(a(http://example.com/a_(b))",
		"(https://example.com/a)":   "(a(https://example.com/a))",
		"https://a.example/_x_?*y*": "a(https://a.example/_x_?*y)*",
		"**https://example.com**":   "b(a(https://example.com))",
		"HTTPS://Example.com/x!":    "a(HTTPS://Example.com/x)!",
		"mailto:a@example.com, b":   "a(mailto:a@example.com), b",
		"mailto:nobody":             "mailto:nobody",
		"https:// http://":          "https:// http://",
		"xhttps://example.com":      "xhttps://example.com",
		"javascript:alert(1)":       "javascript:alert(1)",
		"[click](https://evil.com)": "[click](a(https://evil.com))",
		"https://a.com/\u202ex":     "a(https://a.com/)\u202ex",
		"<b>bold</b> &amp; <script>alert(1)</script>": "<b>bold</b> &amp; <script>alert(1)</script>",
	} {
		if want != "" {
			want = "p(" + want + ")"
		}
		assert.Equal(t, want, show(Parse(text)), "%q", text)
	}
}

func TestDoubtfulHosts(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.com:8080/ä@b?ü#é":   "",
		"http://аpple.com/":                  "аpple.com", // the first letter is Cyrillic
		"http://АPPLE.com":                   "АPPLE.com",
		"https://münchen.example?x":          "münchen.example",
		"https://דוגמה.example:8080#x":       "דוגמה.example:8080",
		"https://example。com/x":              "example。com",
		"https://example.com@evil.example/":  "example.com@evil.example",
		"https://%D0%B0pple.com/":            "%D0%B0pple.com",
		"mailto:alice@example.com?subject=ü": "",
	} {
		assert.Equal(t, []Block{{Spans: []Span{{Kind: Link, Text: address, URL: address, Doubtful: want}}}}, Parse(address))
	}
	for _, address := range []string{"mailto:alice@аpple.com", "mailto:аlice@example.com"} {
		assert.Equal(t, "p("+address+")", show(Parse(address)), "is none")
	}
}

func TestBlocks(t *testing.T) {
	for text, want := range map[string]string{
		"a\n\nb":                           "p(a) p(b)",
		"a\r\nb\r\n\r\n\r\nc":              "p(a\nb) p(c)",
		"\n \n":                            "",
		"  indented\n    more":             "p(  indented\n    more)",
		"# no heading":                     "p(# no heading)",
		"> quoted\n> more\nanswer":         "q(p(quoted\nmore)) p(answer)",
		"a\n>b":                            "p(a) q(p(b))",
		"> > twice":                        "q(q(p(twice)))",
		"> ```\n> code\n> ```":             "q(pre(code))",
		"- a\n- *b*":                       "ul(li(p(a)) li(p(i(b))))",
		"* a\n• b":                         "ul(li(p(a)) li(p(b)))",
		"1. a\n2. b":                       "ol1(li(p(a)) li(p(b)))",
		"7. a\n7. b\n\nc":                  "ol7(li(p(a)) li(p(b))) p(c)",
		"- a\n\n- b":                       "ul(li(p(a)) li(p(b)))",
		"- a\n  more\n  - b\n    - c\n- d": "ul(li(p(a\nmore) ul(li(p(b) ul(li(p(c)))))) li(p(d)))",
		"1. a\n   - b":                     "ol1(li(p(a) ul(li(p(b)))))",
		"- a\n1. b":                        "ul(li(p(a))) ol1(li(p(b)))",
		"- a\nb":                           "ul(li(p(a))) p(b)",
		"-a\n-":                            "p(-a\n-)",
		"- \n-  ":                          "p(- \n-  )",
		"1999. was a year":                 "p(1999. was a year)",
		"```\ncode\n\n  more\n```\nafter":  "pre(code\n\n  more) p(after)",
		"```go\nx := 1\n```":               "prego(x := 1)",
		"```x := 1```":                     "pre(x := 1)",
		"```x := 1\ny```":                  "pre(x := 1\ny)",
		"```\nnot closed\n> no quote":      "pre(not closed\n> no quote)",
		"a\n```\n**b**\n```":               "p(a) pre(**b**)",
	} {
		assert.Equal(t, want, show(Parse(text)), "%q", text)
	}
}

func TestPlain(t *testing.T) {
	assert.Equal(t, "Hello world what said code and https://example.com",
		Plain("**Hello**\nworld\n\n> what\n> _said_\n```\ncode\n```\nand https://example.com"))
}

// pieces are what hostile and ordinary messages are made of.
var pieces = []string{"*", "**", "***", "_", "__", "~~", "~", "`", "``", "```", "> ", ">", "- ", "* ", "1. ", "  ", "\t", "\n", "\n\n",
	" ", "a", "word", "é", "中", "😀", "\\", "(", ")", "https://", "https://example.com/a_b", "mailto:a@b.c", "http://é@中", "<script>", "\x00", "\xff", "\u202e", "\r\n"}

// TestNothingIsLost: whatever was typed is shown, in its order, but for marks and white space.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), "")
		blocks := Parse(text)
		var shown strings.Builder
		flatten(&shown, blocks)
		const marks = "*_~`>-•1. \t\r\n"
		drop := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune(marks, r) {
					return -1
				}
				return r
			}, s)
		}
		kept, typed := drop(shown.String()), drop(text)
		if kept != typed {
			t.Fatalf("%q is shown as %q", text, show(blocks))
		}
		checkTree(t, blocks, 0)
	})
}

func flatten(b *strings.Builder, blocks []Block) {
	for _, block := range blocks {
		b.WriteString(block.Lang + block.Code)
		plainSpans(b, block.Spans)
		flatten(b, block.Parts)
	}
}

func checkTree(t *rapid.T, blocks []Block, depth int) {
	if depth > 2*maxDepth+2 {
		t.Fatal("too deep")
	}
	for _, b := range blocks {
		checkSpans(t, b.Spans, 0)
		checkTree(t, b.Parts, depth+1)
	}
}

func checkSpans(t *rapid.T, spans []Span, depth int) {
	if len(spans) > 0 && depth > maxDepth {
		t.Fatal("too deep")
	}
	for _, s := range spans {
		if s.Kind == Link && !strings.HasPrefix(strings.ToLower(s.URL), "http") && !strings.HasPrefix(strings.ToLower(s.URL), "mailto:") {
			t.Fatalf("a link to %q", s.URL)
		}
		if !strings.Contains(s.Text, s.Doubtful) {
			t.Fatalf("the host %q is not in %q", s.Doubtful, s.Text)
		}
		if (s.Kind == Bold || s.Kind == Italic || s.Kind == Strike) && len(s.Spans) == 0 {
			t.Fatal("formatting of nothing")
		}
		checkSpans(t, s.Spans, depth+1)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + "a" + p)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			Plain(text)
		}
	})
}

// BenchmarkParse shows that time goes with length: the hostile texts are 4,000 and 40,000 bytes long.
func BenchmarkParse(b *testing.B) {
	const length = 4000
	texts := map[string]string{"plain": "A sentence of some words, as people write them. "}
	for _, p := range []string{"*a ", "a* ", "*a_ b~~ ", "`", "` `` ", "**a* ", "> ", "- a\n", "- a\n ", "https://", "(https://a.b)", "_"} {
		texts[fmt.Sprintf("%q", p)] = p
	}
	for name, text := range texts {
		for _, n := range []int{length, 10 * length} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				long := strings.Repeat(text, n/len(text))
				for b.Loop() {
					Parse(long)
				}
			})
		}
	}
}
