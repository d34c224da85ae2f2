// what would be signed, and where it would go
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"preview","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"result":{"endpoint":"<acme-address>/services/oauth2/token","header":{"alg":"RS256","typ":"JWT"},"claims":{"iss":"<client-id>","sub":"integration@acme.example","aud":"<acme-address>","iat":"<iat-1>","exp":"<exp-2>","jti":"<jti>"},"keySource":"file:<key>"}}
