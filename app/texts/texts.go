// Package texts is what the chat says, in each of its languages: to the program (app/ui), and to the page that is
// painted before the program runs (web). It owns the words and their order; it must not know where they are shown, nor
// how numbers and dates are written, which is the browser's matter.
package texts

// A Key names a sentence or a label. One that counts something has two texts, see Form.
type Key string

// A Catalogue holds the texts of one language. Values are put in as fmt does it: %s, or %[2]s where another order is
// needed, and %.0s for a value that the language has a word of its own for.
type Catalogue map[Key]string

// A Language is one that the chat speaks.
type Language struct {
	Tag   string // as in the lang attribute
	Dir   string // "ltr" or "rtl"
	Texts Catalogue
}

// The texts are put together when they are asked for: a program that speaks one language is not to start with all.
var languages = []struct {
	tag, dir string
	texts    func() Catalogue
}{
	{"en", "ltr", english},
	{"de", "ltr", german},
	{"he", "rtl", hebrew},
}

// Languages are those there are, first the one for readers of none of them.
func Languages() []Language {
	all := make([]Language, len(languages))
	for i, l := range languages {
		all[i] = Language{l.tag, l.dir, l.texts()}
	}
	return all
}

// For returns the language of a tag, the first one if there is none of that tag.
func For(tag string) Language {
	found := languages[0]
	for _, l := range languages {
		if l.tag == tag {
			found = l
		}
	}
	return Language{found.tag, found.dir, found.texts()}
}

// Form returns the key of the text for a count: one thing, or any other number of them. That is all these languages
// tell apart where the number is written in digits.
func (k Key) Form(n int) Key {
	if n == 1 {
		return k + "-one"
	}
	return k + "-other"
}
