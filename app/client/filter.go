package client

import "github.com/mailru/easyjson/jwriter"

// A filter is one of Directus's, as JSON. What it compares with is a quoted text, a list, or stands as it is.
type filter string

func all(conditions ...filter) filter    { return joined("_and", conditions) }
func either(conditions ...filter) filter { return joined("_or", conditions) }

func joined(operator string, conditions []filter) filter {
	text := filter(`{"` + operator + `":[`)
	for i, condition := range conditions {
		if i > 0 {
			text += ","
		}
		text += condition
	}
	return text + "]}"
}

func field(name, operator string, value filter) filter {
	return "{" + quoted(name) + `:{"` + filter(operator) + `":` + value + "}}"
}

func quoted[S ~string](text S) filter {
	var w jwriter.Writer
	writeText(&w, string(text))
	return built(&w)
}

func list[S ~string](texts []S) filter {
	var w jwriter.Writer
	writeList(&w, texts)
	return built(&w)
}

func built(w *jwriter.Writer) filter {
	text, _ := w.BuildBytes() // fails only by an error set through Raw, which is not used
	return filter(text)
}
