// the specification's example of an invalid request
$ sf-jwt serve
>> {"jsonrpc": "2.0", "method": 1, "params": "bar"}
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"`method` must be a string","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"method"}}}
