package markup

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

var schemes = []string{"https://", "http://", "mailto:"}

// linkBegins reports whether an address may begin here: with a scheme, and not in the middle of a word.
func (r *reader) linkBegins() bool { return r.scheme() != "" }

func (r *reader) scheme() string {
	rest := r.text[r.at:]
	if c := rest[0] | 0x20; c != 'h' && c != 'm' {
		return ""
	}
	if before, _ := utf8.DecodeLastRuneInString(r.text[:r.at]); r.at > 0 && isWord(before) {
		return ""
	}
	for _, s := range schemes {
		if len(rest) > len(s) && strings.EqualFold(rest[:len(s)], s) {
			return s
		}
	}
	return ""
}

// link reads an address up to the first character that none contains, without the punctuation that ends the sentence.
func (r *reader) link() bool {
	scheme := r.scheme()
	if scheme == "" {
		return false
	}
	rest := r.text[r.at:]
	end := strings.IndexFunc(rest, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.Is(unicode.C, c) || c == utf8.RuneError || strings.ContainsRune("<>\"`{}|\\^", c)
	})
	if end < 0 {
		end = len(rest)
	}
	address := trimSentence(rest[:end])
	if !leads(address, scheme) {
		return false
	}
	r.add(Span{Kind: Link, Text: address, URL: address, Doubtful: doubtful(address)})
	r.at += len(address)
	return true
}

// trimSentence cuts punctuation off the end, and closing brackets that are not opened within.
func trimSentence(address string) string {
	open := strings.Count(address, "(") - strings.Count(address, ")")
	square := strings.Count(address, "[") - strings.Count(address, "]")
	for address != "" {
		switch c, size := utf8.DecodeLastRuneInString(address); {
		case strings.ContainsRune(".,;:!?'*_~…。，、！？；：", c):
			address = address[:len(address)-size]
		case c == ')' && open < 0:
			open++
			address = address[:len(address)-1]
		case c == ']' && square < 0:
			square++
			address = address[:len(address)-1]
		default:
			return address
		}
	}
	return ""
}

// leads reports whether an address names a place. That of a mail is opened as it is, so it must not look like another.
func leads(address, scheme string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if scheme == "mailto:" {
		name, host, ok := strings.Cut(u.Opaque, "@")
		return ok && name != "" && host != "" && isASCII(u.Opaque)
	}
	return u.Hostname() != ""
}

// doubtful is what names the host in an address, if it may look like another: letters of many scripts look the same, and
// what stands before an @ looks like a host.
func doubtful(address string) string {
	_, host, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	if isASCII(host) && !strings.ContainsAny(host, "@%") {
		return ""
	}
	return host
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf })
}
