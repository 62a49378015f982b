package client

import (
	"strings"
	"unicode/utf8"

	"github.com/mailru/easyjson/jlexer"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// Rows come from a table that anybody with the right may have filled by other means: any column may be null, absent, of
// another type, or enormous. What can be read is read, a row without a key is left out, and only broken JSON is an error.
// The decoder pulls tokens: in the browser that is many times faster than encoding/json.

const (
	// maxText is how much of a text is held, in UTF-16 units: several times what one may send.
	maxText = 5 * directuschat.MaxLength

	// maxName is how much of a name is held, in bytes.
	maxName = 200
)

// decodeRows reads an array of messages, or one alone, and says how many rows there were, readable or not.
func decodeRows(data []byte, m directuschat.Mapping) (rows []chat.Message, count int, err error) {
	l := jlexer.Lexer{Data: data}
	read := func() {
		count++
		if row := readRow(&l, m); row.ID != "" {
			rows = append(rows, row)
		}
	}
	if l.IsDelim('[') {
		directus.ReadArray(&l, read)
	} else {
		read()
	}
	l.Consumed()
	if err := l.Error(); err != nil {
		return nil, 0, err
	}
	return rows, count, nil
}

// firstKey reads no more of an array of messages than the first, and returns its key, "" if there is none.
func firstKey(data []byte, m directuschat.Mapping) chat.MessageID {
	l := jlexer.Lexer{Data: data}
	if !l.IsDelim('[') {
		return ""
	}
	if l.Delim('['); l.IsDelim(']') {
		return ""
	}
	return readRow(&l, m).ID
}

func readRow(l *jlexer.Lexer, m directuschat.Mapping) chat.Message {
	var row chat.Message
	directus.ReadObject(l, func(key string) {
		switch key {
		case "": // what is not mapped has no name
			l.SkipRecursive()
		case m.ID:
			row.ID = chat.MessageID(directus.ReadText(l))
		case m.Content:
			row.Text, row.Truncated = readContent(l)
		case m.Author:
			row.Author, row.AuthorName = readAuthor(l)
		case m.Created:
			row.Created = directus.ReadTime(l)
		case m.Updated:
			row.Updated = directus.ReadTime(l)
		case m.Deleted:
			row.Deleted = isSet(directus.ReadText(l))
		case m.ReplyTo:
			row.ReplyTo = chat.MessageID(readKey(l))
		case m.ClientID:
			row.SentAs = chat.MessageID(directus.ReadText(l))
		default:
			l.SkipRecursive()
		}
	})
	return row
}

// isSet reports whether a date is there, or a truth.
func isSet(text string) bool { return text != "" && text != "false" && text != "0" }

// readContent reads a text and cuts it to what can be shown.
func readContent(l *jlexer.Lexer) (content string, truncated bool) {
	l.IsNull() // fetches the token
	if l.CurrentToken() != jlexer.TokenString {
		return directus.ReadText(l), false
	}
	whole := l.UnsafeString()
	kept := cutUTF16(whole, maxText)
	return printable(strings.Clone(kept)), len(kept) < len(whole)
}

// readAuthor reads a person's key, or their row as far as it may be read.
func readAuthor(l *jlexer.Lexer) (chat.UserID, string) {
	if !l.IsDelim('{') {
		return chat.UserID(directus.ReadText(l)), ""
	}
	p := readPerson(l)
	return p.ID, p.Name
}

// readKey reads a key, or the key of a row.
func readKey(l *jlexer.Lexer) string {
	if !l.IsDelim('{') {
		return directus.ReadText(l)
	}
	return string(readPerson(l).ID)
}

// decodePeople reads an array of people, or one alone: rows of users, or of profiles.
func decodePeople(data []byte) ([]chat.Person, error) {
	l := jlexer.Lexer{Data: data}
	var people []chat.Person
	read := func() {
		if p := readPerson(&l); p.ID != "" {
			people = append(people, p)
		}
	}
	if l.IsDelim('[') {
		directus.ReadArray(&l, read)
	} else {
		read()
	}
	l.Consumed()
	return people, l.Error()
}

// readPerson takes a name from whatever holds one. An e-mail address never does.
func readPerson(l *jlexer.Lexer) chat.Person {
	var p chat.Person
	var name, first, last string
	directus.ReadObject(l, func(key string) {
		switch key {
		case "id":
			p.ID = chat.UserID(directus.ReadText(l))
		case "name":
			name = directus.ReadText(l)
		case "first_name":
			first = directus.ReadText(l)
		case "last_name":
			last = directus.ReadText(l)
		default:
			l.SkipRecursive()
		}
	})
	if name == "" {
		name = first + " " + last
	}
	p.Name = displayName(name)
	return p
}

// displayName makes one line of a name, and a short one.
func displayName(name string) string {
	name = strings.Join(strings.Fields(printable(name)), " ")
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	return name
}

// printable replaces what a page cannot show: broken characters and NUL.
func printable(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) < 0 { // mostly, and for that ReplaceAll is large
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// cutUTF16 is the beginning of s, at most limit UTF-16 units of it, never half a character.
func cutUTF16(s string, limit int) string {
	if len(s) <= limit { // no character has more units than bytes
		return s
	}
	units := 0
	for i, r := range s {
		if units++; r > 0xFFFF {
			units++
		}
		if units > limit {
			return s[:i]
		}
	}
	return s
}
