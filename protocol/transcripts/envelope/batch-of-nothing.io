// the specification's example of a batch that holds no request
$ sf-jwt serve
>> [1]
<< [{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a request is an object","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[]}}}]
>> [1,2,3]
<< [{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a request is an object","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[]}}},{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a request is an object","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[]}}},{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a request is an object","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[]}}}]
