package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figuresFile holds what a build may weigh. It is committed, so that whoever makes the download larger says why.
const figuresFile = "web/bundle/size.txt"

// tolerance is how far above its figure a build may be, in percent: a feature or two, but not a new dependency.
const tolerance = 3

// limits are what has a figure, by the name it has in the file, and the budget it is on the way to.
var limits = []struct {
	name   string
	budget int64
}{
	{"program", 1_650_000},
	{"frame", 24_000}, // page, scripts and style together
	{"script", 4_000}, // our own scripts together: what paints and takes input before the program runs, and starts it
}

const figuresHead = `# What a first visit downloads, in bytes of brotli: "program" is app.wasm, "frame" is page, scripts and style together,
# "script" what of it is our own script: it paints, and takes what is typed and pressed, before the program runs.
# make size fails when a build is more than 3 % above. To accept a larger one, or to hold on to a smaller one, say why:
#
#	go run ./web/bundle -size -accept "the reason"
`

// parseFigures reads the lines "name bytes reason" in the order of limits.
func parseFigures(text string) ([]int64, error) {
	found := map[string]int64{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("%q is not a name, a number of bytes and a reason", lines.Text())
		}
		n, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		found[fields[0]] = n
	}
	var figures []int64
	for _, l := range limits {
		n, ok := found[l.name]
		if !ok {
			return nil, fmt.Errorf("there is no figure for %s", l.name)
		}
		figures = append(figures, n)
	}
	return figures, lines.Err()
}

// compareFigures prints what was weighed beside figure and budget. It is an error to be too far above the figure; the
// budgets are only shown.
func compareFigures(out io.Writer, committed, weighed []int64) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "brotli\tcommitted\tmost\tbudget\tof budget\t  \n")
	var errs []error
	for i, l := range limits {
		most := committed[i] + committed[i]*tolerance/100
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%.0f %%\t  %s\n",
			weighed[i], committed[i], most, l.budget, 100*float64(weighed[i])/float64(l.budget), l.name)
		if weighed[i] > most {
			errs = append(errs, fmt.Errorf("%s is %d bytes, %.1f %% above its figure; make it smaller (-packages says what is "+
				"in it), or accept it: go run ./web/bundle -size -accept \"the reason\"",
				l.name, weighed[i], 100*float64(weighed[i]-committed[i])/float64(committed[i])))
		}
	}
	return errors.Join(append(errs, table.Flush())...)
}

// acceptFigures commits to what was weighed. A figure that has not changed keeps the reason it has.
func acceptFigures(file string, weighed []int64, reason string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var text strings.Builder
	text.WriteString(figuresHead)
	for i, l := range limits {
		line := fmt.Sprintf("%s %d ", l.name, weighed[i])
		if _, kept, ok := strings.Cut("\n"+string(old), "\n"+line); ok {
			kept, _, _ = strings.Cut(kept, "\n")
			line += kept
		} else {
			line += strings.Join(strings.Fields(reason), " ")
		}
		text.WriteString(line + "\n")
	}
	return os.WriteFile(file, []byte(text.String()), 0o644)
}
