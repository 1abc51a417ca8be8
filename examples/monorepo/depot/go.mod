module freight.example/depot

go 1.19
