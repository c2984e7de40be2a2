"""The structs of the rewards desk's requests and answers: shapes only, by method group."""
