package ui

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/texts"
)

func listed(t *testing.T) *emojiSet { return listedIn(t, "en") }

func listedIn(t *testing.T, lang string) *emojiSet {
	t.Helper()
	text, err := os.ReadFile("../../web/emoji/emoji." + lang + ".txt")
	require.NoError(t, err)
	return &emojiSet{groups: parseEmoji(string(text))}
}

func TestFindEmoji(t *testing.T) {
	set := listed(t)
	require.Len(t, set.groups, 9)
	for search, want := range map[string]string{
		"party popper": "🎉",
		"POP part":     "🎉",
		"tada":         "🎉",
		"thumbs":       "👍",
		"red he":       "❤️",
		"iceland":      "🇮🇸",
	} {
		found := set.find(search)
		assert.True(t, slices.ContainsFunc(found, func(e emoji) bool { return e.char == want }), search)
	}
	assert.Equal(t, "heart with arrow", set.find("heart")[0].name, "a name that begins so goes first")
	assert.LessOrEqual(t, len(set.find("a")), 64)
	assert.Empty(t, set.find("no such thing"))
}

// TestEmojiOfEveryLanguage: all languages name the same emoji in the same order, each in its own words.
func TestEmojiOfEveryLanguage(t *testing.T) {
	english := listed(t)
	for _, language := range texts.Languages() {
		for i, group := range listedIn(t, language.Tag).groups {
			require.Equal(t, english.groups[i].key, group.key)
			require.Len(t, group.emoji, len(english.groups[i].emoji))
			for j, e := range group.emoji {
				require.Equal(t, english.groups[i].emoji[j].char, e.char)
				require.NotEmpty(t, e.name, e.char)
			}
		}
	}
	assert.True(t, slices.ContainsFunc(listedIn(t, "he").find("חיוך"), func(e emoji) bool { return e.char == "😀" }))
}

// TestQuickEmoji: the same emoji given in two ways would be counted as two.
func TestQuickEmoji(t *testing.T) {
	set := listed(t)
	for _, char := range commonEmoji {
		known := slices.ContainsFunc(set.groups, func(g emojiGroup) bool {
			return slices.ContainsFunc(g.emoji, func(e emoji) bool { return e.char == char })
		})
		assert.True(t, known, char)
	}
}

func TestParseEmoji(t *testing.T) {
	assert.Empty(t, parseEmoji(""))
	assert.Empty(t, parseEmoji("😀\twithout a group"))
	assert.Equal(t, []emojiGroup{{"a", []emoji{{"😀", "Big Grin", []string{"big", "grin", "happy"}}, {"😁", "b", []string{"b"}}}}, {"c", nil}},
		parseEmoji("# a\n😀\tBig Grin\thappy\n😁\tb\nnothing\n# c\n"))
}

func TestActionsOf(t *testing.T) {
	keys := func(r chat.Row) (keys []string) {
		for _, a := range actionsOf(r) {
			keys = append(keys, a.key)
		}
		return keys
	}
	all := chat.Can{Reply: true, Edit: true, Delete: true, React: true}
	assert.Equal(t, []string{"reply", "edit", "copy-text", "copy-link", "delete"}, keys(chat.Row{Delivery: chat.Stored, Can: all}))
	assert.Equal(t, []string{"copy-text", "copy-link"}, keys(chat.Row{Delivery: chat.Stored}))
	assert.Equal(t, []string{"copy-text"}, keys(chat.Row{Delivery: chat.Failed}))
	assert.Empty(t, keys(chat.Row{Delivery: chat.Stored, Deleted: true}))
}

func TestLastEditable(t *testing.T) {
	can := chat.Can{Edit: true}
	rows := []chat.Row{{ID: "1", Mine: true, Can: can}, {ID: "2", Mine: true}, {ID: "3", Can: can}}
	assert.Equal(t, chat.MessageID("1"), lastEditable(chat.RoomView{Rows: rows}).ID)
	assert.Empty(t, lastEditable(chat.RoomView{Rows: rows, Later: 1}).ID, "the last of what is drawn is not the last")
	assert.Empty(t, lastEditable(chat.RoomView{Rows: rows[1:]}).ID)
}
