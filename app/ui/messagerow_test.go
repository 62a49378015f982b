package ui

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// TestRowsThatLookTheSame: whatever a row is given makes it another one, or it would not be drawn.
func TestRowsThatLookTheSame(t *testing.T) {
	row := func() *MessageRow { return &MessageRow{Row: new(chat.Row)} }
	assert.True(t, row().equal(row()))
	of := reflect.TypeFor[MessageRow]()
	for i := range of.NumField() {
		if !of.Field(i).IsExported() || of.Field(i).Anonymous {
			continue
		}
		other := row()
		switch field := reflect.ValueOf(other).Elem().Field(i); field.Interface().(type) {
		case *chat.Row:
			field.Set(reflect.ValueOf(&chat.Row{Text: "another"}))
		case bool:
			field.SetBool(true)
		default:
			if field.Kind() == reflect.Interface {
				field.Set(reflect.ValueOf(struct{ Client }{}))
			} else {
				field.SetString("another")
			}
		}
		assert.False(t, other.equal(row()), of.Field(i).Name)
	}
}
