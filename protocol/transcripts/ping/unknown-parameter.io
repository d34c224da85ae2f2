// even here unknown parameters are refused
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"there is no parameter `x`","data":{"kind":"usage","reason":"unknown-parameter","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"x"}}}
