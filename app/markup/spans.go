package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// spans reads a paragraph.
func spans(text string) []Span {
	r := reader{text: text, fences: fences(text)}
	for r.at < len(text) {
		if !r.code() && !r.link() && !r.mark() {
			r.literal()
		}
	}
	return r.finish()
}

// A reader goes through a paragraph once, from left to right.
type reader struct {
	text   string
	at     int
	fences map[int][]int // where runs of so many ` begin, from at on

	nodes []node
	open  []opener
	floor [128]int // by mark: below this length of open there is no opener of it
}

// A node is a span, and how deep spans lie in it.
type node struct {
	Span
	depth int
}

// An opener is a run of marks that may begin something. The marks stand in nodes as text until they do.
type opener struct {
	mark byte
	node int
}

// fences notes where runs of ` begin, so that finding the end of a piece of code never means to search for it.
func fences(text string) map[int][]int {
	var all map[int][]int
	for at := 0; at < len(text); at++ {
		if text[at] != '`' {
			continue
		}
		if all == nil {
			all = make(map[int][]int)
		}
		n := run(text[at:])
		all[n] = append(all[n], at)
		at += n - 1
	}
	return all
}

// run counts how often the first byte is repeated.
func run(text string) int {
	n := 1
	for n < len(text) && text[n] == text[0] {
		n++
	}
	return n
}

// code reads `code`, which ends with as many ` as it begins with.
func (r *reader) code() bool {
	if r.text[r.at] != '`' {
		return false
	}
	n := run(r.text[r.at:])
	ends := r.fences[n]
	for len(ends) > 0 && ends[0] <= r.at {
		ends = ends[1:]
	}
	r.fences[n] = ends
	if len(ends) == 0 || strings.TrimSpace(r.text[r.at+n:ends[0]]) == "" {
		r.add(Span{Kind: Text, Text: r.text[r.at : r.at+n]})
		r.at += n
		return true
	}
	r.add(Span{Kind: Code, Text: r.text[r.at+n : ends[0]]})
	r.at = ends[0] + n
	return true
}

// mark reads a run of marks: it ends what it can, and may begin something.
func (r *reader) mark() bool {
	mark := r.text[r.at]
	if mark != '*' && mark != '_' && mark != '~' {
		return false
	}
	n := run(r.text[r.at:])
	before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
	after, _ := utf8.DecodeRuneInString(r.text[r.at+n:])
	first, last := r.at == 0, r.at+n == len(r.text)
	r.at += n
	begins := !last && !unicode.IsSpace(after) && (first || !isWord(before) && before != '\\')
	ends := !first && !unicode.IsSpace(before) && (last || !isWord(after))
	if mark == '~' && n != 2 {
		begins, ends = false, false
	}
	for ends && n > 0 {
		used := r.close(mark, n)
		if used == 0 {
			break
		}
		n -= used
	}
	if n == 0 {
		return true
	}
	r.nodes = append(r.nodes, node{Span: Span{Kind: Text, Text: strings.Repeat(string(mark), n)}})
	if begins {
		r.open = append(r.open, opener{mark: mark, node: len(r.nodes) - 1})
	}
	return true
}

// close ends the innermost thing that n marks can end, and says how many of them it took.
func (r *reader) close(mark byte, n int) int {
	for i := len(r.open) - 1; i >= r.floor[mark]; i-- {
		o := r.open[i]
		if o.mark != mark {
			continue
		}
		inner := r.nodes[o.node+1:]
		used := min(n, len(r.nodes[o.node].Text), 2)
		depth := 1
		for _, n := range inner {
			depth = max(depth, n.depth+1)
		}
		if len(inner) == 0 || depth > maxDepth {
			return 0
		}
		kind := Italic
		switch {
		case mark == '~':
			kind = Strike
		case used == 2:
			kind = Bold
		}
		closed := node{Span: Span{Kind: kind, Spans: merge(inner)}, depth: depth}
		left := r.nodes[o.node].Text[used:]
		r.nodes = r.nodes[:o.node]
		r.open = r.open[:i]
		if left != "" {
			r.nodes = append(r.nodes, node{Span: Span{Kind: Text, Text: left}})
			r.open = append(r.open, o)
		}
		r.nodes = append(r.nodes, closed)
		r.lower()
		return used
	}
	r.floor[mark] = len(r.open)
	return 0
}

// lower keeps the floors no higher than what they lie in.
func (r *reader) lower() {
	for _, mark := range []byte("*_~") {
		r.floor[mark] = min(r.floor[mark], len(r.open))
	}
}

// literal reads text up to where something else may begin.
func (r *reader) literal() {
	from := r.at
	for r.at < len(r.text) {
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
		if r.at < len(r.text) && (strings.IndexByte("*_~`", r.text[r.at]) >= 0 || r.linkBegins()) {
			break
		}
	}
	r.add(Span{Kind: Text, Text: r.text[from:r.at]})
}

func (r *reader) add(s Span) { r.nodes = append(r.nodes, node{Span: s}) }

func (r *reader) finish() []Span { return merge(r.nodes) }

// merge makes one text of those beside each other.
func merge(nodes []node) []Span {
	var all []Span
	var text []string
	flush := func() {
		if len(text) > 0 {
			all = append(all, Span{Kind: Text, Text: strings.Join(text, "")})
			text = nil
		}
	}
	for _, n := range nodes {
		if n.Kind == Text {
			text = append(text, n.Text)
			continue
		}
		flush()
		all = append(all, n.Span)
	}
	flush()
	return all
}

// isWord reports whether a mark beside r is inside a word. Scripts that write words without spaces between them have no
// such edges: there a mark always counts.
func isWord(r rune) bool {
	const firstEastAsian = 0x2E80
	return r < firstEastAsian && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
