package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"directuschat"
)

// A list is a flag that may be repeated and may hold several values with commas between them.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// mappedFields are the names that -field knows.
var mappedFields = []struct {
	name     string
	optional bool
	of       func(*directuschat.Mapping) *string
}{
	{"id", false, func(m *directuschat.Mapping) *string { return &m.ID }},
	{"content", false, func(m *directuschat.Mapping) *string { return &m.Content }},
	{"author", false, func(m *directuschat.Mapping) *string { return &m.Author }},
	{"created", false, func(m *directuschat.Mapping) *string { return &m.Created }},
	{"updated", true, func(m *directuschat.Mapping) *string { return &m.Updated }},
	{"deleted", true, func(m *directuschat.Mapping) *string { return &m.Deleted }},
	{"reply-to", true, func(m *directuschat.Mapping) *string { return &m.ReplyTo }},
}

// fieldFlag is -field: name=field, one or several with commas, changes a mapping.
type fieldFlag directuschat.Mapping

// String is empty: PrintDefaults shows the default in the flag's own words.
func (*fieldFlag) String() string { return "" }

func (m *fieldFlag) Set(text string) error {
	var pairs list
	if err := pairs.Set(text); err != nil {
		return err
	}
	for _, pair := range pairs {
		if err := m.setOne(pair); err != nil {
			return err
		}
	}
	return nil
}

func (m *fieldFlag) setOne(pair string) error {
	key, field, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("write name=field, such as content=text, not %q", pair)
	}
	var known []string
	for _, f := range mappedFields {
		if f.name != key {
			known = append(known, f.name)
			continue
		}
		if field == "" && !f.optional {
			return fmt.Errorf("%s needs a field, such as %s=%s", f.name, f.name, *f.of(&directuschat.DefaultMapping))
		}
		if field != "" && !plainName.MatchString(field) {
			return fmt.Errorf("%q is not the name of a field (letters, digits, _ and -)", field)
		}
		*f.of((*directuschat.Mapping)(m)) = field
		return nil
	}
	return fmt.Errorf("there is no %q; the names are %s", key, strings.Join(known, ", "))
}

func fieldDefaults() string {
	pairs := make([]string, 0, len(mappedFields))
	for _, f := range mappedFields {
		pairs = append(pairs, f.name+"="+*f.of(&directuschat.DefaultMapping))
	}
	return strings.Join(pairs, ",")
}

// printHelp lists the flags with their environment variables and defaults.
func printHelp(flags *flag.FlagSet, to io.Writer) {
	fmt.Fprintf(to, "%s can be told, by flag or by environment variable; a flag wins:\n\n", flags.Name())
	flags.VisitAll(func(f *flag.Flag) {
		f.Usage += " [CHATD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")) + "]"
	})
	flags.SetOutput(to)
	flags.PrintDefaults()
}
