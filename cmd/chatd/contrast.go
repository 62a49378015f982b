package main

import (
	"fmt"
	"math"
	"strconv"
)

// An accent is a project's colour made fit to be read, on the page's light ground and on its dark one: text in it, and
// text on it, have the contrast that WCAG asks for (SC 1.4.3).
type accent struct{ light, dark string }

// What the colours stand beside; web/css/app.css has the same.
var (
	lightGround, darkGround = rgb{1, 1, 1}, rgb{0x14 / 255.0, 0x16 / 255.0, 0x1d / 255.0}
)

// enough is a little more than the 4.5 that is asked for: some of it is read on a tint of itself.
const enough = 5.5

// accentOf makes both of a colour "#rrggbb"; of "" nothing.
func accentOf(color string) accent {
	c, ok := parseColor(color)
	if !ok {
		return accent{}
	}
	return accent{c.toward(rgb{}, lightGround).String(), c.toward(rgb{1, 1, 1}, darkGround).String()}
}

// rgb is a colour in sRGB, each channel from 0 to 1.
type rgb [3]float64

func parseColor(hex string) (c rgb, ok bool) {
	if !hexColor.MatchString(hex) {
		return rgb{}, false
	}
	for i := range c {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return rgb{}, false
		}
		c[i] = float64(n) / 255
	}
	return c, true
}

// toward mixes in just so much of another colour that there is enough contrast to the ground.
func (c rgb) toward(other, ground rgb) rgb {
	const steps = 100
	mixed := c
	for step := 0; step <= steps && mixed.contrast(ground) < enough; step++ {
		part := float64(step) / steps
		for i := range c {
			mixed[i] = c[i] + (other[i]-c[i])*part
		}
	}
	return mixed
}

// contrast is the ratio that WCAG 2 defines.
func (c rgb) contrast(other rgb) float64 {
	a, b := c.luminance(), other.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func (c rgb) String() string {
	n := func(v float64) int { return int(math.Round(v * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", n(c[0]), n(c[1]), n(c[2]))
}
