package ui

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// TestRowsThatLookTheSame: whatever a row is given makes it another one, or it would not be drawn.
func TestRowsThatLookTheSame(t *testing.T) {
	assert.True(t, new(MessageRow).equal(new(MessageRow)))
	of := reflect.TypeFor[MessageRow]()
	for i := range of.NumField() {
		if !of.Field(i).IsExported() || of.Field(i).Anonymous {
			continue
		}
		other := new(MessageRow)
		switch field := reflect.ValueOf(other).Elem().Field(i); field.Interface().(type) {
		case chat.Row:
			field.Set(reflect.ValueOf(chat.Row{Text: "another"}))
		case bool:
			field.SetBool(true)
		default:
			if field.Kind() == reflect.Interface {
				field.Set(reflect.ValueOf(struct{ Client }{}))
			} else {
				field.SetString("another")
			}
		}
		assert.False(t, other.equal(new(MessageRow)), of.Field(i).Name)
	}
}
