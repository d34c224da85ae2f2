// jsonrpc must be 2.0; the id is echoed
$ sf-jwt serve
>> {"jsonrpc":"1.0","id":7,"method":"ping"}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"`jsonrpc` must be \"2.0\"","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"jsonrpc"}}}
>> {"id":8,"method":"ping"}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32600,"message":"`jsonrpc` must be \"2.0\"","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"jsonrpc"}}}
