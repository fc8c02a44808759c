package tenant

// postings finds the objects that have a text. Nearly every text has one object, and needs no list of its own.
type postings struct {
	first   map[string]int32
	several map[string][]int32 // all objects of the texts that have more than one
	all     []int32            // at each position the position, to cut lists of one from
}

// newPostings makes postings for about n texts. all holds at each position the position.
func newPostings(all []int32, n int) postings {
	return postings{first: make(map[string]int32, n), several: map[string][]int32{}, all: all}
}

func (p *postings) add(text string, i int32) {
	first, taken := p.first[text]
	if !taken {
		p.first[text] = i
		return
	}
	list := p.several[text]
	if list == nil {
		list = []int32{first}
	}
	p.several[text] = append(list, i)
}

// of gives the objects of a text, in the order in which they were added. The list belongs to the postings.
func (p *postings) of(text string) []int32 {
	i, ok := p.first[text]
	if !ok {
		return nil
	}
	if list, ok := p.several[text]; ok {
		return list
	}
	return p.all[i : i+1 : i+1]
}
