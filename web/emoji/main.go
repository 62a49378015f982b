// Command emoji makes the lists of emoji that the picker fetches from emojibase-data, a package of npm (MIT licence,
// see LICENSE) that follows Unicode and its names in many languages. What that has no names for has them from Unicode's
// own packages (Unicode licence, see LICENSE.unicode). It needs npm and runs by hand, for a new version of a package: the
// lists are committed, and builds need nothing.
//
//	go run ./web/emoji          writes web/emoji/emoji.*.txt
//
// A list is lines of text: "# key" begins a group; every other line is an emoji, its name, and more words to find it by,
// between tabs.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

var sources = []string{"emojibase-data@17.0.0", "cldr-annotations-full@48.2.0", "cldr-annotations-derived-full@48.2.0"}

const (
	newest  = 15.1 // of Emoji: what came later is a blank box on most devices for some years
	outside = "component"
)

var languages = []string{"en", "de", "he"}

type entry struct {
	Emoji   string
	Type    int // 1 where the character is drawn as an emoji by itself
	Label   string
	Tags    []string
	Group   *int // nil for what is only a part of emoji
	Order   int
	Version float64
}

const looks = "\uFE0F" // after a character: draw it as an emoji

// char is the emoji as keyboards type it, so that two people's are the same: the data ask for the emoji's looks also where
// nobody does.
func (e entry) char() string {
	if char := strings.TrimSuffix(e.Emoji, looks); e.Type == 1 && utf8.RuneCountInString(char) == 1 {
		return char
	}
	return e.Emoji
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "emoji:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "emoji")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	install := exec.Command("npm", append([]string{"install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"}, sources...)...)
	install.Dir, install.Stderr = dir, os.Stderr
	if err := install.Run(); err != nil {
		return fmt.Errorf("npm install: %w", err)
	}
	data := filepath.Join(dir, "node_modules")
	for _, language := range languages {
		list, err := trim(data, language)
		if err != nil {
			return fmt.Errorf("trim %s: %w", language, err)
		}
		if err := os.WriteFile(filepath.Join("web", "emoji", "emoji."+language+".txt"), []byte(list), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// trim makes the list of one language.
func trim(data, language string) (string, error) {
	base := filepath.Join(data, "emojibase-data")
	var all []entry
	err := read(filepath.Join(base, language, "data.json"), &all)
	if errors.Is(err, fs.ErrNotExist) {
		if err = read(filepath.Join(base, "en", "data.json"), &all); err == nil {
			err = rename(all, data, language)
		}
	}
	if err != nil {
		return "", err
	}
	var named struct {
		Groups []struct {
			Key   string
			Order int
		}
	}
	if err := read(filepath.Join(base, "en", "messages.json"), &named); err != nil {
		return "", err
	}
	slices.SortFunc(all, func(a, b entry) int { return a.Order - b.Order })
	var list strings.Builder
	for _, group := range named.Groups {
		if group.Key == outside {
			continue
		}
		fmt.Fprintf(&list, "# %s\n", group.Key)
		for _, e := range all {
			if e.Group != nil && *e.Group == group.Order && e.Version <= newest {
				fmt.Fprintf(&list, "%s\t%s\t%s\n", e.char(), e.Label, strings.Join(more(e), " "))
			}
		}
	}
	return list.String(), nil
}

// rename gives all their names in a language that only Unicode knows.
func rename(all []entry, data, language string) error {
	type names struct {
		Annotations map[string]struct{ Default, TTS []string }
	}
	var own struct{ Annotations names }
	var derived struct{ AnnotationsDerived names }
	if err := errors.Join(
		read(filepath.Join(data, "cldr-annotations-full", "annotations", language, "annotations.json"), &own),
		read(filepath.Join(data, "cldr-annotations-derived-full", "annotationsDerived", language, "annotations.json"), &derived),
	); err != nil {
		return err
	}
	maps.Copy(own.Annotations.Annotations, derived.AnnotationsDerived.Annotations)
	for i := range all {
		e := &all[i]
		names, ok := own.Annotations.Annotations[strings.ReplaceAll(e.Emoji, looks, "")]
		if !ok || len(names.TTS) == 0 {
			if e.Group == nil || e.Version > newest {
				continue // it is not in the list
			}
			return fmt.Errorf("%s has no name", e.Emoji)
		}
		e.Label, e.Tags = names.TTS[0], names.Default
	}
	return nil
}

// more are the words of the tags that the name does not have.
func more(e entry) []string {
	known := strings.Fields(strings.ToLower(e.Label))
	var words []string
	for _, word := range strings.Fields(strings.ToLower(strings.Join(e.Tags, " "))) {
		if !slices.Contains(known, word) {
			known, words = append(known, word), append(words, word)
		}
	}
	return words
}

func read(file string, to any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}
