module hostmaintenance.io/kubectl-hm

go 1.26
