"""Many nights of the whole job, beside what they have to come to."""
