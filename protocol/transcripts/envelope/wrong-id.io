// an id is a string, a number or null
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":true,"method":"ping"}
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"`id` must be a string, a number or null","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"id"}}}
>> {"jsonrpc":"2.0","id":{},"method":"ping"}
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"`id` must be a string, a number or null","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"id"}}}
>> {"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a member appears twice","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[],"field":"id"}}}
