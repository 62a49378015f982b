package provision_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/provision"
)

// A file is a body that is uploaded.
type file struct {
	kind string
	text []byte
}

func (w person) upload(t *testing.T, path string, f file) ([]byte, error) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="rows"`}, "Content-Type": {f.kind}})
	require.NoError(t, err)
	_, _ = part.Write(f.text)
	require.NoError(t, form.Close())
	req, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/"+path, &body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+string(w.token))
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode >= 300 {
		return answer, errors.New(resp.Status)
	}
	return answer, nil
}

// doors are the ways to ask for a change of a row, other than those of items.
func (r room) doors(t *testing.T, collection string, id any, change object) []way {
	t.Helper()
	row := with(change, object{"id": id})
	rows, err := json.Marshal([]object{row})
	require.NoError(t, err)
	head := slices.Sorted(maps.Keys(row))
	var line []string
	for _, name := range head {
		line = append(line, fmt.Sprint(row[name]))
	}
	var table bytes.Buffer
	require.NoError(t, csv.NewWriter(&table).WriteAll([][]string{head, line}))

	mutation := func(head, call string) way {
		return way{"POST", "graphql", object{
			"query":     fmt.Sprintf("mutation(%s) { %s { id } }", fmt.Sprintf(head, collection), fmt.Sprintf(call, collection)),
			"variables": object{"id": id, "ids": []any{id}, "change": change, "rows": []object{row}},
		}}
	}
	all := []way{
		mutation("$id: ID!, $change: update_%s_input!", "update_%s_item(id: $id, data: $change)"),
		mutation("$ids: [ID]!, $change: update_%s_input!", "update_%s_items(ids: $ids, data: $change)"),
		{"POST", "utils/import/" + collection, file{"application/json", rows}},
		{"POST", "utils/import/" + collection, file{"text/csv", table.Bytes()}},
	}
	if r.version == core { // the newest, and where a right is to every field, the key too
		all = append(all, mutation("$rows: [update_%s_input!]", "update_%s_batch(data: $rows)"), way{"POST", "utils/import?mode=merge", []object{{"collection": collection, "items": []object{row}}}})
	}
	return all
}

// What cannot be done to a row by items cannot be done in another way either, of which each works for one's own.
func TestOtherDoors(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		own := r.own[[2]string{r.alice.id, r.messages}]
		for i := range r.doors(t, r.messages, own, nil) {
			text := fmt.Sprint("edited by door ", i)
			way := r.doors(t, r.messages, own, object{r.content: text})[i]
			no, answer := r.try(t, r.alice, way)
			var stored object
			require.NoError(t, r.admin().get(t, r.path(r.messages, own), nil, &stored))
			assert.False(t, no, "%v: %s", way, answer)
			assert.Equal(t, text, stored[r.content], "%v: %s", way, answer)
		}

		before := r.everything(t)
		for _, attack := range []struct {
			who        person
			collection string
			id         any
			change     object
		}{
			{r.alice, r.messages, r.said, object{r.content: "mine now"}},
			{r.alice, r.messages, r.said, object{r.content: "", "deleted_at": forgeDate}},
			{r.moderator, r.messages, r.said, object{r.content: "never said"}},
			{r.alice, r.messages, r.deleted, object{r.content: "rude", "deleted_at": nil}},
			{r.alice, r.reactions, r.reaction, object{"removed": true}},
			{r.alice, "chat_profiles", r.bob.id, object{"name": "x"}},
		} {
			for _, way := range r.doors(t, attack.collection, attack.id, attack.change) {
				no, answer := r.try(t, attack.who, way)
				assert.True(t, no, "%v: %s", way, answer)
			}
		}
		versions, forget := r.versions(t)
		defer forget()
		for _, way := range append(versions, r.otherDoors(t)...) {
			no, answer := r.try(t, r.alice, way)
			assert.True(t, no, "%v: %s", way, answer)
		}
		assert.Equal(t, before, r.everything(t))

		for _, forged := range r.forgeries() {
			for _, way := range r.doors(t, r.messages, own, with(object{r.content: "x"}, forged)) {
				r.try(t, r.alice, way)
			}
		}
		r.assertOnly(t, r.alice, before)
	})
}

// otherDoors are requests of many kinds that must be refused.
func (r room) otherDoors(t *testing.T) (all []way) {
	t.Helper()
	for _, collection := range []string{r.messages, r.reactions} {
		id := map[string]any{r.messages: r.said, r.reactions: r.reaction}[collection]
		all = append(all,
			way{"POST", "graphql", object{"query": fmt.Sprintf(`mutation { delete_%s_item(id: "%v") { id } }`, collection, id)}},
			way{"POST", "graphql", object{"query": fmt.Sprintf(`mutation { delete_%s_items(ids: ["%v"]) { ids } }`, collection, id)}},
			way{"POST", "utils/import?mode=merge&dangerouslyAllowDelete=true", []object{{"collection": collection, "items": []object{}}}},
			way{"POST", "utils/sort/" + collection, object{"item": id, "to": id}})
	}
	for _, list := range []struct{ path, use string }{{"flows", "flows/trigger/"}, {"revisions", "utils/revert/"}} {
		var rows []object
		require.NoError(t, r.admin().get(t, list.path, nil, &rows))
		for _, row := range rows {
			all = append(all, way{"POST", list.use + fmt.Sprint(row["id"]), object{"collection": r.messages, "keys": []any{r.said}}})
		}
	}
	return all
}

// versions are ways to change a message by a version of it, where an operator has switched versions on and made one.
func (r room) versions(t *testing.T) (all []way, forget func()) {
	t.Helper()
	admin := r.admin()
	versioning := func(on bool) {
		admin.must(t, "PATCH", "collections/"+r.messages, object{"meta": object{"versioning": on}})
	}
	versioning(true)
	var made, compared object
	version := object{"collection": r.messages, "item": fmt.Sprint(r.said), "key": "first"}
	require.NoError(t, admin.call(t, "POST", "versions", nil, version, &made))
	path := fmt.Sprint("versions/", made["id"])
	admin.must(t, "POST", path+"/save", object{r.content: "mine now"})
	require.NoError(t, admin.get(t, path+"/compare", nil, &compared))
	version["key"] = "second"
	// In the end the administrator does it, so it is not for the attempts' form that they fail.
	return []way{
			{"POST", "versions", version},
			{"POST", path + "/save", object{r.content: "mine now"}},
			{"POST", path + "/promote", object{"mainHash": compared["mainHash"]}},
			{"PATCH", path, object{"name": "x"}},
			{"DELETE", path, nil},
			{"PATCH", r.path(r.messages, r.said) + "?version=first", object{r.content: "mine now"}},
		}, func() {
			admin.must(t, "POST", path+"/promote", object{"mainHash": compared["mainHash"]})
			admin.must(t, "DELETE", path, nil)
			versioning(false)
		}
}

// Sorting by hand asks no Flow. Where permissions cannot name the sort field either, setup says so.
func TestSortField(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.tutorial(t)
		p.admin().must(t, "POST", "fields/notes", object{"field": "sort", "type": "integer", "schema": object{}, "meta": object{}})
		p.admin().must(t, "PATCH", "collections/notes", object{"meta": object{"sort_field": "sort"}})
		p.admin().must(t, "POST", "items/notes", object{"text": "from before, too"})
		mapping := layouts[1].mapping()
		warned := slices.ContainsFunc(p.apply(t, provision.Options{Mapping: mapping, Complete: true}), func(s provision.Step) bool {
			return s.Change == provision.Advise && strings.Contains(s.What, "can change the order of notes")
		})
		err := p.chatter(t, "alice").call(t, "POST", "utils/sort/notes", nil, object{"item": 1, "to": 2}, nil)
		assert.Equal(t, err == nil, warned, "%v", err)
		assert.Equal(t, p.version == core, warned)
	})
}
