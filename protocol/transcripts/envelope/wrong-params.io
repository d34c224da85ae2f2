// parameters are an object or an array
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"`params` must be an object or an array","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"params"}}}
>> {"jsonrpc":"2.0","id":2,"method":"ping","params":5}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"`params` must be an object or an array","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"params"}}}
