package directus

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mailru/easyjson/jwriter"
)

// A Query selects rows, as in Directus's query parameters.
type Query struct {
	Fields    []string // with no entry: all top-level fields
	Filter    string   // JSON; "" selects every row
	Sort      []string // field names, "-" in front for descending
	Limit     int      // rows; 0 is Directus's default (100), -1 all that the server allows
	Offset    int      // rows skipped
	Aggregate string   // JSON, such as {"count":"*"}; PostgreSQL answers with strings
	Meta      []string // "total_count", "filter_count"
}

// Values is the query as parameters of a URL.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("fields", strings.Join(q.Fields, ","))
	set("filter", q.Filter)
	set("sort", strings.Join(q.Sort, ","))
	set("aggregate", q.Aggregate)
	set("meta", strings.Join(q.Meta, ","))
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset != 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	return v
}

// A Subscription is a standing interest in a collection. It is made anew on every connection and survives
// re-authentication.
//
// Of the query, Fields, Filter and Sort count. Directus runs one read per event and subscriber, in series: name few, flat
// fields; and one to sort by, even where there is nothing to sort, because each read else works out which ones may be seen,
// to choose one: a tenth of its time. A row that leaves the filter gives no event. Deletions arrive whatever it says.
type Subscription struct {
	UID        string // chosen by the owner, unique in the session
	Collection string
	Query      Query
}

// Same reports whether two subscriptions are to the same rows and fields, under one UID.
func (s Subscription) Same(other Subscription) bool {
	q, p := s.Query, other.Query
	return s.UID == other.UID && s.Collection == other.Collection &&
		slices.Equal(q.Fields, p.Fields) && slices.Equal(q.Sort, p.Sort) && q.Filter == p.Filter
}

// writeQuery writes the query of a subscription. Its limit is always 0: any other, and paging, makes Directus leave
// rows out of events that change several; and the rows that "init" would carry are read by the owner instead.
func (s Subscription) writeQuery(w *jwriter.Writer) {
	w.RawByte('{')
	writeNames(w, "fields", s.Query.Fields)
	writeNames(w, "sort", s.Query.Sort)
	if s.Query.Filter != "" {
		w.RawString(`"filter":`)
		w.RawString(s.Query.Filter)
		w.RawByte(',')
	}
	w.RawString(`"limit":0}`)
}

// writeNames writes a member, and a comma behind it, where there is anything in it.
func writeNames(w *jwriter.Writer, member string, names []string) {
	if len(names) == 0 {
		return
	}
	w.RawString(`"` + member + `":[`)
	for i, name := range names {
		if i > 0 {
			w.RawByte(',')
		}
		w.String(name)
	}
	w.RawString(`],`)
}
