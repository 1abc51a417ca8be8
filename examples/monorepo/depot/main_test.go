package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestALoadIsTheSumOfItsParcels(t *testing.T) {
	load, err := Sum([]Quote{{"home", 1, 400}, {"far", 2.5, 2800}})
	if err != nil {
		t.Fatal(err)
	}
	if load.Parcels != 2 || load.Kg != 3.5 || load.Cents != 3200 {
		t.Errorf("got %+v", load)
	}
}

func TestAParcelWithoutAPriceStaysHere(t *testing.T) {
	if _, err := Sum([]Quote{{"home", 1, 0}}); err == nil {
		t.Error("it was loaded")
	}
}

func TestNonsenseOnTheInputIsAnError(t *testing.T) {
	for _, in := range []string{"", "{", `{"zone": 1}`} {
		if err := run(strings.NewReader(in), &bytes.Buffer{}); err == nil {
			t.Errorf("%q was accepted", in)
		}
	}
}
