package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Ensure that the last message of a quiet room is compared, too, when its moment has passed.
func TestAuditOfTheLastMessage(t *testing.T) {
	s := live(t, own)
	s.now = at(10)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(0, 10)})
	s.now = at(10 + 60)
	assert.Equal(t, chat.Report{}, audited(s, msgs(0, 10)))
	assert.Equal(t, 10, s.snap().Audit.Held)
	assert.Equal(t, 10, s.snap().Audit.Stored)
}

// audited plays an audit against a table, with something that happens between its two looks. It returns the report.
func audited(s *script, table []chat.Message, between ...chat.Input) (report chat.Report) {
	look := func() {
		for {
			i := slices.IndexFunc(s.asked, func(e chat.Effect) bool { _, ok := e.(chat.Load); return ok })
			if i < 0 {
				return
			}
			s.answer(selectRows(table, s.asked[i].(chat.Load).Query)...)
			for _, e := range s.asked {
				if e, ok := e.(chat.Report); ok {
					report = e
				}
			}
		}
	}
	s.play(chat.Audit{})
	look()
	if s.snap().Audit.Running {
		s.play(between...)
		s.play(s.audit)
		look()
	}
	require.False(s.t, s.snap().Audit.Running)
	return report
}

func TestAudit(t *testing.T) {
	without := func(all []chat.Message, n int) []chat.Message { return slices.Delete(slices.Clone(all), n, n+1) }
	all := msgs(0, 1200)
	held := msgs(0, 1300) // so that the last moments, which are not compared, are the last hundred
	for i := range held[1200:] {
		held[1200+i].Created = at(1200 + 30).Add(time.Duration(i) * time.Millisecond)
	}
	deleted := chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{all[500].ID}}
	tests := map[string]struct {
		held, stored []chat.Message
		between      []chat.Input
		want         chat.AuditView
		report       chat.Report
	}{
		"as it should be":    {held, all, nil, chat.AuditView{Held: 1200, Stored: 1200}, chat.Report{}},
		"one is missing":     {without(held, 700), all, nil, chat.AuditView{Held: 1199, Stored: 1200, Missing: 1}, chat.Report{Checked: 1200, Missing: 1}},
		"three are missing":  {without(without(without(held, 1100), 701), 0), all, nil, chat.AuditView{Held: 1197, Stored: 1200, Missing: 3}, chat.Report{Checked: 1200, Missing: 3}},
		"one is too many":    {held, without(all, 500), nil, chat.AuditView{Held: 1200, Stored: 1199, Doubled: 1}, chat.Report{Checked: 1199, Doubled: 1}},
		"its deletion comes": {held, without(all, 500), []chat.Input{deleted}, chat.AuditView{Held: 1199, Stored: 1199}, chat.Report{}},
		"it is told late": {without(held, 700), all, []chat.Input{chat.RowsChanged{Generation: 1, Messages: all[700:701]}},
			chat.AuditView{Held: 1200, Stored: 1200}, chat.Report{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := live(t, own)
			s.now = at(1200 + 31)
			s.play(chat.RowsChanged{Generation: 1, Messages: test.held})
			report := audited(s, test.stored, test.between...)
			test.want.At = s.snap().Audit.At
			assert.Equal(t, test.want, s.snap().Audit)
			assert.Equal(t, test.report, report)
			assert.Equal(t, len(test.stored)+100, s.snap().Room.Count, "it is repaired")

			report = audited(s, test.stored)
			assert.Zero(t, report, "and found no more")
			assert.Equal(t, s.snap().Audit.Stored, s.snap().Audit.Held)
		})
	}
}

// Ensure that what a gap may have more of is left out on both sides: of the date that a range begins with.
func TestAuditOfAPartOfTheRoom(t *testing.T) {
	table := msgs(0, 150)
	s := connected(t, own)
	s.now = at(200)
	s.answer(backwards(table[50:])...)
	require.True(t, s.snap().Room.Earlier)
	assert.Zero(t, audited(s, table))
	assert.Equal(t, chat.AuditView{At: s.snap().Audit.At, Held: 99, Stored: 99}, s.snap().Audit)
}

// Ensure that what was deleted during an absence, below what is drawn, is found and no error.
func TestAuditAfterDeletions(t *testing.T) {
	all := msgs(0, 1200)
	s := live(t, own)
	s.now = at(1300)
	s.play(chat.RowsChanged{Generation: 1, Messages: all})
	table := slices.Delete(slices.Clone(all), 500, 501)
	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 2})
	for s.snap().Connection != chat.ConnectionLive {
		s.answer(selectRows(table, asked[chat.Load](s).Query)...)
	}
	require.Equal(t, len(all), s.snap().Room.Count)
	assert.Zero(t, audited(s, table))
	assert.Equal(t, len(table), s.snap().Room.Count)
	assert.Equal(t, chat.AuditView{At: s.snap().Audit.At, Held: 1199, Stored: 1199}, s.snap().Audit)
}

// Ensure that what is told while a look is under way is no error, and that a gap ends the audit.
func TestAuditMeanwhile(t *testing.T) {
	s := live(t, own)
	s.now = at(400)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(0, 400)})
	s.now = at(399)
	s.play(chat.Audit{})
	s.now = at(500)
	load := asked[chat.Load](s)
	assert.Equal(t, chat.Query{Limit: 500, From: time.Time{}.Add(time.Millisecond), To: at(400 - 30), Detail: chat.DetailKeyAndDate}, load.Query)
	assert.True(t, s.snap().Audit.Running)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	late := msg(100)
	late.ID = "late"
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{late}})
	s.play(chat.PageLoaded{Load: load.Load, Messages: msgs(0, 371)})
	assert.Equal(t, chat.AuditView{At: s.now, Held: 371, Stored: 371}, s.snap().Audit)

	before := s.snap().Audit
	s.play(chat.Audit{})
	load = asked[chat.Load](s)
	s.play(chat.Missed{Generation: 1})
	assert.Equal(t, before, s.snap().Audit)
	assert.Empty(t, s.play(chat.PageLoaded{Load: load.Load}), "too late")
	assert.Empty(t, s.play(chat.Audit{}), "not before it is up to date")
}
