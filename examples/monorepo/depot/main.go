// Depot reads quotes from standard input and says what a day's load earns.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Version is set when it is built.
var Version = "unversioned"

// Quote is what the tariff says about one parcel.
type Quote struct {
	Zone  string  `json:"zone"`
	Kg    float64 `json:"kg"`
	Cents int     `json:"cents"`
}

// Load is what leaves the depot together.
type Load struct {
	Parcels int     `json:"parcels"`
	Kg      float64 `json:"kg"`
	Cents   int     `json:"cents"`
	Zones   []Quote `json:"zones"`
}

// Sum adds quotes up; a quote without a price is an error.
func Sum(quotes []Quote) (Load, error) {
	load := Load{Zones: quotes}
	for _, q := range quotes {
		if q.Cents <= 0 {
			return Load{}, fmt.Errorf("zone %s has no price", q.Zone)
		}
		load.Parcels++
		load.Kg += q.Kg
		load.Cents += q.Cents
	}
	return load, nil
}

func run(in io.Reader, out io.Writer) error {
	var quotes []Quote
	if err := json.NewDecoder(in).Decode(&quotes); err != nil {
		return fmt.Errorf("reading quotes: %w", err)
	}
	load, err := Sum(quotes)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(load)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("depot", Version)
		return
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "depot:", err)
		os.Exit(1)
	}
}
