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

// Languages are those there are. The first is for readers of none of them.
var Languages = []Language{
	{"en", "ltr", english},
	{"de", "ltr", german},
	{"he", "rtl", hebrew},
}

// For returns the language of a tag, the first one if there is none of that tag.
func For(tag string) Language {
	for _, l := range Languages {
		if l.Tag == tag {
			return l
		}
	}
	return Languages[0]
}

// Form returns the key of the text for a count: one thing, or any other number of them. That is all these languages
// tell apart where the number is written in digits.
func (k Key) Form(n int) Key {
	if n == 1 {
		return k + "-one"
	}
	return k + "-other"
}
