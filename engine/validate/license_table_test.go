package validate

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestLicenceTablesAgainstMicrosofts holds the tables of service plans against Microsoft's list of products: what they name
// exists, and no product excludes a part of itself.
func TestLicenceTablesAgainstMicrosofts(t *testing.T) {
	b, err := os.ReadFile("../../../shared/data/sku-service-plans.csv")
	switch {
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "":
		t.Skip("no list of products here")
	case err != nil:
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"String_Id", "Service_Plan_Name"}; rows[0][1] != want[0] || rows[0][3] != want[1] {
		t.Fatalf("columns are %v", rows[0])
	}
	known, products := map[string]bool{}, map[string][]string{}
	for _, r := range rows[1:] {
		product := r[0] + " " + r[1]
		known[r[3]] = true
		if !slices.Contains(products[product], r[3]) {
			products[product] = append(products[product], r[3])
		}
	}
	named := slices.Clone(exclusive)
	for _, d := range dependent {
		named = append(append(named, d.plan), d.needs...)
	}
	for _, p := range named {
		if !known[p] {
			t.Errorf("no product has the service plan %s", p)
		}
	}
	for product, plans := range products {
		if both := intersection(exclusive, plans); len(both) > 1 {
			t.Errorf("%s has %v, which exclude each other", product, both)
		}
	}
}
