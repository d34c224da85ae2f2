// a parameter that does not exist is refused by name
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"ogr":"acme"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"there is no parameter `ogr`","data":{"kind":"usage","reason":"unknown-parameter","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"ogr"}}}
