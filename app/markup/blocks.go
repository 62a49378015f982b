package markup

import (
	"strconv"
	"strings"
)

const fence = "```"

// blocks reads lines that lie depth blocks deep.
func blocks(lines []string, depth int) []Block {
	var all []Block
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			all = append(all, Block{Kind: Paragraph, Spans: spans(strings.Join(paragraph, "\n"))})
			paragraph = nil
		}
	}
	for i := 0; i < len(lines); {
		read, block := 0, Block{}
		switch {
		case strings.HasPrefix(lines[i], fence):
			read, block = codeBlock(lines[i:])
		case depth < maxDepth && strings.HasPrefix(lines[i], ">"):
			read, block = quote(lines[i:], depth)
		case depth < maxDepth:
			read, block = list(lines[i:], depth)
		}
		switch {
		case read > 0:
			flush()
			all = append(all, block)
			i += read
		case strings.TrimSpace(lines[i]) == "":
			flush()
			i++
		default:
			paragraph = append(paragraph, lines[i])
			i++
		}
	}
	flush()
	return all
}

// codeBlock reads up to the closing fence, or to the end: while somebody writes, there is none yet.
func codeBlock(lines []string) (read int, block Block) {
	first := strings.TrimPrefix(lines[0], fence)
	if code, closed := strings.CutSuffix(strings.TrimSpace(first), fence); closed {
		return 1, Block{Kind: CodeBlock, Code: code}
	}
	lang := strings.TrimSpace(first)
	var code []string
	if !isLanguage(lang) {
		code, lang = append(code, first), ""
	}
	for i, line := range lines[1:] {
		if before, closed := strings.CutSuffix(strings.TrimRight(line, " \t"), fence); closed {
			if before != "" {
				code = append(code, before)
			}
			return i + 2, Block{Kind: CodeBlock, Lang: lang, Code: strings.Join(code, "\n")}
		}
		code = append(code, line)
	}
	return len(lines), Block{Kind: CodeBlock, Lang: lang, Code: strings.Join(code, "\n")}
}

// isLanguage reports whether what follows a fence can be a language's name: c++, objective-c, or nothing at all.
func isLanguage(s string) bool {
	const longest = 20
	return len(s) <= longest && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+-#._", r)
	}) < 0
}

func quote(lines []string, depth int) (read int, block Block) {
	var inner []string
	for _, line := range lines {
		rest, quoted := strings.CutPrefix(line, ">")
		if !quoted {
			break
		}
		inner = append(inner, strings.TrimPrefix(rest, " "))
	}
	return len(inner), Block{Kind: Quote, Parts: blocks(inner, depth+1)}
}

// list reads items, and what is indented below each. A blank line is part of a list that goes on after it.
func list(lines []string, depth int) (read int, block Block) {
	kind, first, text, ok := marker(lines[0])
	if !ok {
		return 0, Block{}
	}
	block = Block{Kind: kind, First: first}
	width := len(lines[0]) - len(text)
	var item []string
	end := func() {
		block.Parts = append(block.Parts, Block{Kind: Item, Parts: blocks(item, depth+1)})
	}
	blank := 0
	for _, line := range lines {
		switch k, _, text, ok := marker(line); {
		case ok && k == kind:
			if read > 0 {
				end()
			}
			item, width = []string{text}, len(line)-len(text)
		case strings.TrimSpace(line) == "":
			blank++
			continue
		case indented(line) && blank == 0:
			item = append(item, outdent(line, width))
		default:
			end()
			return read, block
		}
		read, blank = read+blank+1, 0
	}
	end()
	return read, block
}

// marker reads what begins an item of a list.
func marker(line string) (kind BlockKind, number int, text string, ok bool) {
	for _, bullet := range []string{"- ", "* ", "• "} {
		if text, ok := strings.CutPrefix(line, bullet); ok && strings.TrimSpace(text) != "" {
			return List, 0, text, true
		}
	}
	digits := 0
	for digits < len(line) && digits < 4 && '0' <= line[digits] && line[digits] <= '9' {
		digits++
	}
	text, ok = strings.CutPrefix(line[digits:], ". ")
	if digits == 0 || digits == 4 || !ok || strings.TrimSpace(text) == "" {
		return 0, 0, "", false
	}
	number, _ = strconv.Atoi(line[:digits]) // three digits always are a number
	return OrderedList, number, text, true
}

func indented(line string) bool {
	return strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
}

// outdent takes one step of indentation away: a tab, or up to as many spaces as the item's marker is wide.
func outdent(line string, width int) string {
	if rest, ok := strings.CutPrefix(line, "\t"); ok {
		return rest
	}
	for range width {
		line = strings.TrimPrefix(line, " ")
	}
	return line
}
