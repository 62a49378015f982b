package ui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// An emojiSet is all emoji there are to pick from. They are a file of their own (web/emoji), fetched when the picker is
// opened for the first time.
type emojiSet struct {
	groups  []emojiGroup
	loading bool
	failed  bool
}

// An emojiGroup is what belongs together, under a key that has a text.
type emojiGroup struct {
	key   string
	emoji []emoji
}

type emoji struct {
	char  string
	name  string
	words []string // of the name, then what else people look for it by
}

// parseEmoji reads the file: a line "# key" begins a group, every other line is an emoji, its name and more words to
// find it by, between tabs.
func parseEmoji(text string) []emojiGroup {
	var groups []emojiGroup
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if key, ok := strings.CutPrefix(line, "# "); ok {
			groups = append(groups, emojiGroup{key: key})
			continue
		}
		char, rest, ok := strings.Cut(line, "\t")
		if !ok || len(groups) == 0 {
			continue
		}
		name, tags, _ := strings.Cut(rest, "\t")
		g := &groups[len(groups)-1]
		g.emoji = append(g.emoji, emoji{char, name, strings.Fields(strings.ToLower(name + " " + tags))})
	}
	return groups
}

// find returns the emoji that every word looked for begins a word of, those whose name begins so first.
func (s *emojiSet) find(search string) []emoji {
	const enough = 64
	type hit struct {
		emoji
		rank int
	}
	wanted := strings.Fields(strings.ToLower(search))
	var hits []hit
	for _, g := range s.groups {
		for _, e := range g.emoji {
			if rank, ok := e.matches(wanted); ok {
				hits = append(hits, hit{e, rank})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	found := make([]emoji, min(len(hits), enough))
	for i := range found {
		found[i] = hits[i].emoji
	}
	return found
}

// matches reports whether all that is wanted is found, and how far behind in the emoji's words.
func (e emoji) matches(wanted []string) (rank int, ok bool) {
	for _, w := range wanted {
		at := slices.IndexFunc(e.words, func(word string) bool { return strings.HasPrefix(word, w) })
		if at < 0 {
			return 0, false
		}
		rank += at
	}
	return rank, true
}

// load fetches the emoji unless they are there. What has failed is tried again when it is asked for again.
func (s *emojiSet) load(ctx app.Context) {
	if s.loading || len(s.groups) > 0 {
		return
	}
	s.loading, s.failed = true, false
	fetchText(documentElement().Get("dataset").Get("emoji").String(), func(text string, ok bool) {
		ctx.Dispatch(func(app.Context) {
			s.loading = false
			if ok {
				s.groups = parseEmoji(text)
			}
			s.failed = len(s.groups) == 0
		})
	})
}

// fetchText gets a file of the site.
func fetchText(url string, then func(text string, ok bool)) {
	var got, read, broken app.Func
	finish := func(text string, ok bool) {
		for _, f := range []app.Func{got, read, broken} {
			f.Release()
		}
		then(text, ok)
	}
	got = app.FuncOf(func(_ app.Value, args []app.Value) any {
		if !args[0].Get("ok").Bool() {
			finish("", false)
			return nil
		}
		args[0].Call("text").Call("then", read, broken)
		return nil
	})
	read = app.FuncOf(func(_ app.Value, args []app.Value) any {
		finish(args[0].String(), true)
		return nil
	})
	broken = app.FuncOf(func(app.Value, []app.Value) any {
		finish("", false)
		return nil
	})
	app.Window().Call("fetch", url).Call("then", got, broken)
}
