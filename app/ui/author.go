package ui

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"

	"directuschat/app/chat"
)

// authorName is what a row is signed with. Whose name nobody knows is told apart by a piece of the key.
func authorName(r chat.Row) string {
	if name := strings.TrimSpace(r.Name); strings.ContainsFunc(name, isVisible) {
		return name
	}
	if r.Author == "" {
		return say(textUnknownMember)
	}
	const enough = 4
	key := []rune(strings.ReplaceAll(string(r.Author), "-", ""))
	return say(textMember, string(key[:min(enough, len(key))]))
}

// isVisible tells what leaves a mark from spaces and from format characters, such as U+200B.
func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// initials stand in for a picture: the first letters of the first and the last word.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "?"
	}
	letters := firstLetter(words[0])
	if len(words) > 1 {
		letters += firstLetter(words[len(words)-1])
	}
	return letters
}

func firstLetter(word string) string {
	for _, r := range word {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// tones is how many colours the style sheet has for authors.
const tones = 12

// toneClass is the author's colour: the same on every machine, whoever else is in the room.
func toneClass(r chat.Row) string {
	key := string(r.Author)
	if key == "" {
		key = r.Name
	}
	h := fnv.New32a()
	h.Write([]byte(key))
	return "tone-" + strconv.Itoa(int(h.Sum32()%tones))
}
