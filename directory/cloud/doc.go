// Package cloud is what Microsoft 365 accepts and holds, as data: object types, properties with their limits and owners,
// canonical forms, SKUs, and the facts of one tenant. It is pure and shared by policies, engine and connectors. The
// rehearsal tenant shares these limits, but writes the cloud's behaviour independently.
package cloud
