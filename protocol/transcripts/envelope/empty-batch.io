// the specification's example of an empty array
$ sf-jwt serve
>> []
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the batch is empty","data":{"kind":"protocol","reason":"invalid-request","retryable":false,"hint":null,"causes":[],"links":[]}}}
