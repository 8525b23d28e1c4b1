"""Pages of delivery: results, parcels, the counter, manifests."""
