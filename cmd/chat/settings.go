package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"directuschat"
)

// Settings are what the page says, in the attributes of its html element.
type settings struct {
	base      string // path of the site: begins and ends with a slash
	title     string
	icon      string // URL of the mark
	directus  string // URL of the proxy
	audit     string // URL for reports of audits
	maxLength int
	mapping   directuschat.Mapping
}

// readSettings reads the attributes of a page that came from origin; get returns "" for one that is not there.
func readSettings(origin string, get func(attribute string) string) (settings, error) {
	s := settings{
		base:     get("data-base"),
		title:    get("data-title"),
		icon:     get("data-icon"),
		directus: origin + get("data-directus"),
		audit:    origin + get("data-base") + directuschat.AuditPath,
		mapping:  directuschat.ReadMapping(get),
	}
	var err error
	if s.maxLength, err = strconv.Atoi(get("data-max-length")); err != nil {
		return settings{}, fmt.Errorf("failed to read data-max-length: %w", err)
	}
	if s.mapping.Collection == "" {
		return settings{}, errors.New("the page does not say which collection holds the messages")
	}
	return s, nil
}

// scope names this chat in the browser's storage. boot.js looks there, too.
func (s settings) scope() string { return s.base }

// prefix is what go-app has to take off a path to get a route.
func (s settings) prefix() string { return strings.TrimSuffix(s.base, "/") }
