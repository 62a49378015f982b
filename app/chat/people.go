package chat

import (
	"maps"
	"slices"
	"time"
)

// directory is what is known of people's names.
type directory struct {
	names   map[UserID]string // "" for somebody who is known to have none
	loading bool
	loaded  time.Time
	unnamed map[UserID]MessageID // authors nobody has told us of, with a message of each
}

const (
	// directoryAge is how old a list must be before a newcomer makes it read again.
	directoryAge = time.Minute

	// namesAtOnce keeps the question short enough for a URL.
	namesAtOnce = 50
)

// noticeAuthor notes that somebody's name is wanted.
func (s *State) noticeAuthor(m Message) {
	if m.Author == "" || m.AuthorName != "" || s.project.Directory == DirectoryNone {
		return
	}
	if _, known := s.people.names[m.Author]; known {
		return
	}
	if s.people.unnamed == nil {
		s.people.unnamed = map[UserID]MessageID{}
	}
	s.people.unnamed[m.Author] = m.ID
}

// loadDirectory reads the list of people on a new connection: it may have changed.
func (s *State) loadDirectory() {
	if s.project.Directory == DirectoryListed && !s.people.loading {
		s.people.loading = true
		s.do(LoadPeople{})
	}
}

// askNames asks for names that are wanted.
func (s *State) askNames() {
	d := &s.people
	if len(d.unnamed) == 0 || d.loading || !s.link.open() {
		return
	}
	switch s.project.Directory {
	case DirectoryListed:
		if s.now.Sub(d.loaded) > directoryAge {
			s.loadDirectory()
		}
	case DirectoryByRow:
		some := make(map[UserID]MessageID, min(len(d.unnamed), namesAtOnce))
		for _, id := range slices.Sorted(maps.Keys(d.unnamed)) {
			if some[id] = d.unnamed[id]; len(some) == namesAtOnce {
				break
			}
		}
		d.loading = true
		s.do(LoadNames{Messages: some})
	}
}

func (s *State) peopleChanged(people []Person) {
	s.changed()
	if s.people.names == nil {
		s.people.names = make(map[UserID]string, len(people))
	}
	for _, p := range people {
		s.people.names[p.ID] = p.Name
		delete(s.people.unnamed, p.ID)
	}
}

// peopleKept takes names that were kept from an earlier run of the program, where nothing newer is known.
func (s *State) peopleKept(people []Person) {
	s.peopleChanged(slices.DeleteFunc(slices.Clone(people), func(p Person) bool {
		_, known := s.people.names[p.ID]
		return known
	}))
}

func (s *State) peopleLoaded(e PeopleLoaded) {
	s.people.loading = false
	if len(e.People) == 0 {
		return // not now: the next message of theirs asks again
	}
	s.people.loaded = s.now
	s.peopleChanged(e.People)
	if s.project.Directory == DirectoryListed {
		clear(s.people.unnamed) // they are not in the list; whoever writes next makes it be read again
	}
	s.askNames()
}
